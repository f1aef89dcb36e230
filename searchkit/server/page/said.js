// Who said what, each statement with its place.
import { ask, latest, of, problem } from "./api.js";
import { titleLink } from "./document.js";
import { change, placeOf, state } from "./state.js";
import { byId, counted, element, facts, marked, part } from "./text.js";

const next = latest();

/** List the statements of whom the state names. */
export async function listStatements() {
  const signal = next();
  byId("statements").replaceChildren();
  byId("said-status").textContent = "";
  if (!state.name.trim()) return;
  byId("said-status").textContent = "Looking…";
  const body = { name: state.name, k: 50, ...(state.about.trim() && { about: state.about, only_about: true }) };
  try {
    const { statements } = await ask(of(state.index, "who-said"), { body, signal });
    if (signal.aborted) return;
    byId("said-status").textContent = statements.length ? counted(statements.length, "statement") : "No statement found";
    byId("statements").replaceChildren(...statements.map(row));
  } catch (error) {
    if (signal.aborted) return;
    byId("said-status").textContent = "";
    byId("statements").replaceChildren(element("li", {}, problem(error, listStatements)));
  }
}

function row({ speaker, source, verb, passage, claim_span: span }) {
  const [start, end] = span;
  const place = placeOf(passage, passage.start + start, passage.start + end, part(passage.text, start, end) ?? "");
  return element(
    "li", { className: "hit" },
    element("p", {}, element("strong", {}, speaker || source), ` (${verb})`),
    element("p", { className: "text", dir: "auto" }, marked(passage.text, [span])),
    element("h2", {}, titleLink(passage, place)),
    facts(passage),
  );
}

/** Begin to listen to the form. */
export function startSaid() {
  byId("said-form").addEventListener("submit", (event) => {
    event.preventDefault();
    change({ name: byId("said-name").value, about: byId("said-about").value });
    listStatements();
  });
}

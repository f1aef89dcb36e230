// A conversation as a chatbot would have it: for each question the context that it would be given, with citations.
import { Trouble, ask, latest, of } from "./api.js";
import { titleLink } from "./document.js";
import { narrowed } from "./filters.js";
import { placeOf, state } from "./state.js";
import { byId, confidence, copy, counted, element, facts } from "./text.js";

const BUDGET = 1_500; // tokens of a context
const next = latest();
let history = [];

async function turn(question) {
  const answer = element("div", { className: "given", "aria-busy": "true" }, element("p", { className: "hint" }, "Looking…"));
  const item = element("li", {}, element("p", { className: "asked", dir: "auto" }, question), answer);
  byId("turns").append(item);
  const signal = next();
  try {
    const body = { question, max_tokens: BUDGET, ...narrowed(), ...(history.length && { history }) };
    const found = await ask(of(state.index, "context"), { body, signal });
    if (signal.aborted) return;
    answer.replaceChildren(...shown(found));
    history.push({ role: "user", content: question });
    const quoted = found.citations[0]?.passage.text;
    if (quoted) history.push({ role: "assistant", content: quoted });
  } catch (error) {
    if (signal.aborted) item.remove();
    else if (!(error instanceof Trouble)) throw error;
    else answer.replaceChildren(element("p", { className: "notice problem", role: "alert" }, element("strong", {}, error.message), ` ${error.hint}`));
  } finally {
    answer.removeAttribute("aria-busy");
    item.scrollIntoView({ block: "nearest" });
  }
}

function shown(found) {
  const understood = found.understood ? [`Understood as: ${found.understood}`] : [];
  const warnings = [...understood, ...found.warnings].map((each) => element("p", { className: "hint" }, each));
  if (!found.citations.length) {
    return [element("p", { className: "notice" }, element("strong", {}, "No answer found."), " The context is empty."), ...warnings];
  }
  const told = `${counted(found.citations.length, "citation")}, ${counted(found.tokens, "token")}`;
  return [
    confidence(found.confidence), ...warnings,
    element("ol", { className: "citations", "aria-label": "Citations" }, found.citations.map(cited)),
    element(
      "p", { className: "actions" }, element("span", { className: "hint" }, told),
      element("button", { type: "button", onclick: () => copy(found.text, "Context") }, "Copy the context"),
    ),
  ];
}

function cited({ marker, passage }) {
  return element(
    "li", {},
    element("h2", {}, element("span", { className: "marker" }, marker), " ", titleLink(passage, placeOf(passage))),
    facts(passage), passage.header ? element("p", { className: "header" }, passage.header) : null,
    element("p", { className: "text", dir: "auto" }, passage.text),
  );
}

/** Forget what was said. */
export function newConversation() {
  next();
  history = [];
  byId("turns").replaceChildren();
}

/** Begin to listen to the form. */
export function startChat() {
  byId("chat-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const question = byId("chat-question").value.trim();
    if (!question) return;
    byId("chat-question").value = "";
    turn(question);
  });
  byId("chat-form").addEventListener("reset", newConversation);
}

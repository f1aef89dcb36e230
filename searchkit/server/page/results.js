// Passages that answer the question in the box, as it is typed.
import { ask, latest, of, problem } from "./api.js";
import { titleLink } from "./document.js";
import { STEP, asked } from "./filters.js";
import { address, change, placeOf, state } from "./state.js";
import { byId, citation, confidence, copy, counted, element, facts, marked } from "./text.js";
import { whyButton, whyNot } from "./why.js";

const MOST = 100;
const SHORTEST_WAIT = 30; // milliseconds after a key, for another that follows at once
const LONGEST_WAIT = 400;

const next = latest();
let wanted = STEP;
let waiting = 0;
let took = 0; // milliseconds of the last request: a slow server is asked less often
let toFirst = false; // whether the first passage is to be focused when it is there

/** Search soon, unless another key follows. */
export function searchSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(search, Math.min(Math.max(SHORTEST_WAIT, took / 2), LONGEST_WAIT));
}

/** Search now. focus: and go to the first passage. */
export async function search({ focus = false, k = STEP } = {}) {
  clearTimeout(waiting);
  wanted = k;
  toFirst ||= focus;
  const signal = next();
  if (!state.q.trim()) return empty();
  const begun = performance.now();
  const slow = setTimeout(() => byId("search").classList.add("loading"), 150);
  byId("results").setAttribute("aria-busy", "true");
  try {
    const found = await ask(of(state.index, "search"), { body: asked(wanted), signal });
    if (signal.aborted) return;
    took = performance.now() - begun;
    show(found);
    performance.measure("searchkit-search", { start: begun });
  } catch (error) {
    if (signal.aborted) return;
    failed(error);
  } finally {
    clearTimeout(slow);
    if (!signal.aborted) {
      byId("search").classList.remove("loading");
      byId("results").removeAttribute("aria-busy");
    }
  }
}

function show(found) {
  const count = counted(found.hits.length, "passage");
  const said = found.answerable ? count : found.hits.length ? `No answer found. ${count} nearby` : "No answer found";
  const first = found.hits[0]?.passage;
  const best = first ? element("span", { className: "unseen" }, `, the first in ${first.title || first.doc_id}`) : "";
  byId("status").replaceChildren(said, best);
  byId("notices").replaceChildren(...notices(found));
  byId("results").classList.toggle("unanswered", !found.answerable);
  byId("results").replaceChildren(...found.hits.map(row));
  byId("more").hidden = found.hits.length < wanted || wanted >= MOST;
  byId("why-not").hidden = false;
  byId("why-not-told").replaceChildren();
  if (toFirst) byId("results").querySelector("a.open")?.focus();
  toFirst = false;
}

function notices(found) {
  const none = !found.answerable && element(
    "p", { className: "notice" }, element("strong", {}, "No answer found. "),
    found.hits.length ? "The index seems to hold none; these passages come nearest." : "Nothing fits the question and the filters.",
  );
  return [
    none || null,
    found.understood ? element("p", { className: "hint" }, `Understood as: ${found.understood}`) : null,
    ...found.warnings.map((each) => element("p", { className: "hint" }, each)),
  ].filter(Boolean);
}

function row(hit) {
  const { passage } = hit;
  const place = placeOf(passage);
  const link = () => new URL(address({ ...place }), location.href).href;
  const same = hit.duplicates?.length ?? 0;
  return element(
    "li", { className: "hit", "data-passage": passage.id },
    element("h2", {}, titleLink(passage, place)),
    facts(passage),
    passage.header ? element("p", { className: "header" }, passage.header) : null,
    element("p", { className: "text", dir: "auto" }, marked(passage.text, hit.highlights)),
    same ? element("p", { className: "hint" }, `Also, nearly the same: ${counted(same, "passage")}`) : null,
    element(
      "div", { className: "actions" }, confidence(hit.confidence),
      element("button", { type: "button", onclick: () => copy(citation(passage, link()), "Citation") }, "Copy citation"),
      element("button", { type: "button", onclick: () => copy(link(), "Link") }, "Copy link"),
    ),
    whyButton(hit, wanted),
  );
}

function empty() {
  byId("status").textContent = "";
  byId("notices").replaceChildren(element("p", { className: "hint" }, "Type a question. Passages that answer it follow as you type."));
  byId("results").replaceChildren();
  byId("results").removeAttribute("aria-busy");
  byId("search").classList.remove("loading");
  byId("more").hidden = byId("why-not").hidden = true;
}

function failed(error) {
  byId("results").replaceChildren();
  byId("more").hidden = byId("why-not").hidden = true;
  byId("status").textContent = "";
  byId("notices").replaceChildren(problem(error, search));
}

/** Begin to listen to the box and the list. */
export function startSearch() {
  const box = byId("q");
  box.addEventListener("input", () => {
    change({ q: box.value });
    toFirst = false;
    searchSoon();
  });
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    search({ focus: true });
  });
  byId("more").addEventListener("click", async () => {
    const before = byId("results").children.length;
    await search({ k: Math.min(wanted + STEP, MOST) });
    byId("results").children[before]?.querySelector("a.open").focus();
  });
  byId("why-not-form").addEventListener("submit", (event) => {
    event.preventDefault();
    whyNot(byId("why-not-id").value.trim(), byId("why-not-told"), wanted);
  });
}

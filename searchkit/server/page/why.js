// Why a passage is where it is among the results, and why another one is not.
import { Trouble, ask, of } from "./api.js";
import { STEP, asked } from "./filters.js";
import { state } from "./state.js";
import { element } from "./text.js";

const ARMS = { keyword: "Keywords", vector: "Meaning", reranker: "Reranker" };
const VERDICTS = {
  found: "It is among the passages found.", not_indexed: "The index does not hold it.", filtered: "The filters leave it out.",
  no_match: "Nothing in it matches.", collapsed: "It stands with one that says the same.",
  capped: "Its document has given its passages already.", cut: "It ranks below those that are shown.",
};

const list = (lines) => element("ul", {}, lines.map((line) => element("li", {}, line)));

/** Return what unfolds into the reasons of a hit, which are asked for then. */
export function whyButton(hit, k) {
  const told = element("div", { role: "status" });
  const made = element("details", { className: "why" }, element("summary", {}, "Why this passage?"), told);
  made.addEventListener("toggle", () => made.open && !told.hasChildNodes() && explain(hit, told, k));
  return made;
}

async function explain(hit, told, k) {
  told.textContent = "…";
  try {
    const [found, why] = await Promise.all([
      ask(of(state.index, "search"), { body: { ...asked(k), explain: true } }),
      ask(of(state.index, "why-not"), { body: { ...asked(k), passage_id: hit.passage.id } }),
    ]);
    told.replaceChildren(arms(hit.sources), stages(found.explain), list(why.reasons));
  } catch (error) {
    failed(error, told);
  }
}

function arms(sources) {
  const rows = Object.entries(sources).map(([arm, { rank, score }]) => element(
    "tr", {}, element("th", { scope: "row" }, ARMS[arm] ?? arm), element("td", {}, String(rank)), element("td", {}, score.toFixed(3)),
  ));
  const head = ["Found by", "Rank", "Score"].map((name) => element("th", { scope: "col" }, name));
  return element("table", {}, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows));
}

function stages(explained) {
  const told = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : String(value));
  const lines = Object.entries(explained?.stages ?? {}).map(([name, did]) => {
    const parts = typeof did === "object" && did !== null ? Object.entries(did).map(([key, value]) => `${key} ${told(value)}`) : [told(did)];
    return `Stage ${name}: ${parts.join(", ")}`;
  });
  const terms = (explained?.terms ?? []).map(({ term, passages }) => `“${term}” in ${passages.toLocaleString("en")}`);
  return list([...lines, ...(terms.length ? [`Terms and passages with them: ${terms.join(", ")}`] : [])]);
}

/** Say in an element why a passage is not among the results. */
export async function whyNot(id, told, k = STEP) {
  told.textContent = "…";
  try {
    const why = await ask(of(state.index, "why-not"), { body: { ...asked(k), passage_id: id } });
    told.replaceChildren(
      element("p", {}, element("strong", {}, VERDICTS[why.verdict] ?? why.verdict)), list(why.reasons),
      ...(why.advice.length ? [element("p", {}, "What would bring it in:"), list(why.advice)] : []),
    );
  } catch (error) {
    failed(error, told);
  }
}

function failed(error, told) {
  if (!(error instanceof Trouble)) throw error;
  told.textContent = `${error.message} ${error.hint}`;
}

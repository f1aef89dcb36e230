// Filters by day, section and source: what there is in an index, and what of it is chosen.
import { ask, of } from "./api.js";
import { change, state } from "./state.js";
import { byId, element } from "./text.js";

const FIELDS = ["since", "until", "section", "source"];
export const STEP = 10; // passages at a time
let known = { sections: [], sources: [] };

/** Return the options of a search that the filters stand for. */
export function narrowed() {
  const where = {
    ...known.sections.find((each) => each.value === state.section)?.where,
    ...known.sources.find((each) => each.value === state.source)?.where,
  };
  return {
    ...(Object.keys(where).length && { where }),
    ...(state.since && { since: state.since }),
    ...(state.until && { until: state.until }),
  };
}

/** Return the search that the page stands for. */
export const asked = (k = STEP) => ({ query: state.q, k, ...narrowed() });

/** Return the chosen filters in words, "" for none. */
export function told() {
  return FIELDS.filter((name) => state[name]).map((name) => `${name} ${state[name]}`).join(", ");
}

/** Find out what there is in the index. */
export async function loadFilters() {
  known = await ask(of(state.index, "facets"));
  fill(byId("section"), known.sections, "All sections");
  fill(byId("source"), known.sources, "All sources");
  for (const name of ["since", "until"]) {
    byId(name).min = known.first ?? "";
    byId(name).max = known.last ?? "";
    byId(name).parentElement.hidden = known.first === null;
  }
  byId("filters").hidden = known.first === null && !known.sections.length && !known.sources.length;
  const gone = ["section", "source"].filter((name) => state[name] && !known[`${name}s`].some((each) => each.value === state[name]));
  if (gone.length) change(Object.fromEntries(gone.map((name) => [name, ""])));
}

function fill(select, values, all) {
  const options = values.map((each) => element("option", { value: each.value }, `${each.value} (${each.documents.toLocaleString("en")})`));
  select.replaceChildren(element("option", { value: "" }, all), ...options);
  select.parentElement.hidden = !values.length;
}

/** Show the filters that are chosen. */
export function showFilters() {
  for (const name of FIELDS) byId(name).value = state[name];
  const number = FIELDS.filter((name) => state[name]).length;
  byId("filters-told").textContent = number ? `: ${told()}` : "";
  byId("chat-filters").textContent = number ? `Only documents of ${told()}.` : "";
}

/** Call a function when a filter is chosen. */
export function onFilter(call) {
  byId("filters-form").addEventListener("change", () => {
    change(Object.fromEntries(FIELDS.map((name) => [name, byId(name).value])));
    showFilters();
    call();
  });
  byId("filters-form").addEventListener("submit", (event) => event.preventDefault());
  byId("filters-form").addEventListener("reset", (event) => {
    event.preventDefault();
    change(Object.fromEntries(FIELDS.map((name) => [name, ""])));
    showFilters();
    call();
  });
}

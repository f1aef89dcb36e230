// What the page shows, which its address says: anybody with the address sees the same.
import { checksum } from "./text.js";

export const NAMES = ["index", "view", "q", "section", "source", "since", "until", "name", "about", "id", "passage", "start", "end", "check"];
const PLACE = ["id", "passage", "start", "end", "check"];

export const state = {};

/** Take the state from the page's address. */
export function readAddress() {
  const given = new URLSearchParams(location.search);
  for (const name of NAMES) state[name] = given.get(name) ?? "";
  if (!["search", "said", "chat"].includes(state.view)) state.view = "search";
  entitle();
}

/** Return the address of the state with some changes. */
export function address(changes = {}) {
  const shown = { ...state, ...changes };
  if (shown.view === "search") shown.view = "";
  const given = new URLSearchParams(NAMES.filter((name) => shown[name] !== "").map((name) => [name, shown[name]]));
  return `/${given.size ? "?" : ""}${given}`;
}

/** Change the state, and the address with it. push: as a step that the browser's Back undoes. */
export function change(changes, push = false) {
  Object.assign(state, changes);
  history[push ? "pushState" : "replaceState"](null, "", address());
  entitle();
}

/** Give the tab its name. */
function entitle() {
  const asked = { search: state.q, said: state.name, chat: "" }[state.view];
  document.title = asked ? `${asked} · searchkit` : "searchkit";
}

/** Return the changes that open no document. */
export const closed = () => Object.fromEntries(PLACE.map((name) => [name, ""]));

/** Return what a link to a passage changes of the state. */
export function placeOf(passage, start = passage.start, end = passage.end, text = passage.text) {
  return {
    id: passage.doc_id, passage: String(passage.ordinal), start: String(start), end: String(end), check: checksum(text),
  };
}

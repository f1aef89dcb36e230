// A document beside the results: its text around a passage, whose exact characters are marked.
import { ask, latest, of, problem, request } from "./api.js";
import { address, change, closed, placeOf, state } from "./state.js";
import { byId, checksum, citation, copy, element, facts, part, places } from "./text.js";
import { whyNot } from "./why.js";

const REACH = 20_000; // characters before and behind the passage that are shown at first
const next = latest();
let opener = null; // what is focused again when the document is closed
let around = REACH;

/** Show the document that the state names. from: what opened it. */
export async function openDocument(from = opener) {
  opener = from;
  around = REACH;
  await load(true);
}

/** Return an element that opens the document of a passage beside the results. */
export function titleLink(passage, place) {
  const link = element("a", { href: address(place), className: "open" }, passage.title || passage.doc_id);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    change(place, true);
    openDocument(link);
  });
  return link;
}

/** Close the document. */
export function closeDocument() {
  next();
  change(closed(), true);
  hideDocument();
  if (opener?.isConnected) opener.focus();
  else byId("q").focus();
}

/** Show that no document is open. */
export function hideDocument() {
  byId("document").hidden = true;
  byId("document").replaceChildren();
  document.body.classList.remove("reading");
  byId("left").inert = false;
}

const narrow = matchMedia("(max-width: 899px)"); // as page.css has it: one column, the document over the results

async function load(first) {
  const signal = next();
  const place = byId("document");
  place.hidden = false;
  document.body.classList.add("reading");
  byId("left").inert = narrow.matches;
  place.setAttribute("aria-busy", "true");
  if (first) place.replaceChildren(bar(), element("p", { className: "hint" }, "Loading…"));
  try {
    const found = await ask(wanted(), { signal });
    if (!signal.aborted) show(found, first);
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(bar(), problem(error, () => load(true)));
  } finally {
    if (!signal.aborted) place.removeAttribute("aria-busy");
  }
}

function wanted() {
  const given = new URLSearchParams({ id: state.id, passages: "true" });
  if (state.start === "" && /#\d+$/.test(state.id)) given.set("around", around);
  else {
    given.set("start", Math.max(0, Number(state.start) - around));
    given.set("end", Number(state.end || 0) + around);
  }
  return of(state.index, `documents?${given}`);
}

function bar() {
  const close = element("button", { type: "button", onclick: closeDocument, className: "close" }, "Close");
  return element("div", { className: "bar" }, close);
}

/** Return [start, end] of what is to be marked, in the document's characters, or null: nothing rather than a wrong place. */
function spot(found) {
  const [start, end] = found.passage && state.start === "" ? [found.passage.start, found.passage.end] : [state.start, state.end].map(Number);
  if (state.start === "" && !found.passage) return null;
  const text = part(found.text, start - found.start, end - found.start);
  return text === null || (state.check && checksum(text) !== state.check) ? null : [start, end];
}

function show(found, first) {
  const marks = spot(found);
  const pieces = found.passages;
  const here = marks === null ? -1 : pieces.findIndex((each) => each.start <= marks[0] && marks[0] < each.end);
  const place = byId("document");
  const before = place.querySelector(".body")?.scrollHeight ?? 0;
  const scrolled = place.querySelector(".body")?.scrollTop ?? 0;
  const wasStart = place.dataset.start;
  const body = element(
    "div", { className: "body", tabIndex: 0, role: "region", "aria-label": "Text" },
    found.start > 0 ? farther("Earlier text") : null,
    element("div", { className: "document-text", dir: "auto" }, text(found, marks, here)),
    found.end < found.length ? farther("Later text") : null,
  );
  const title = element("h2", { id: "document-title", tabIndex: -1 }, found.title || found.id);
  const lost = (state.start !== "" || state.passage !== "") && marks === null && element(
    "p", { className: "notice" }, "The passage does not stand where it stood: the document has changed. Nothing is marked.",
  );
  place.setAttribute("aria-labelledby", "document-title");
  place.replaceChildren(head(found, title, pieces, here), lost || "", body);
  place.dataset.start = found.start;
  if (first) {
    title.focus({ preventScroll: true });
    center(body, place.querySelector("mark"));
  } else {
    body.scrollTop = scrolled + (Number(wasStart) > found.start ? body.scrollHeight - before : 0);
    body.focus({ preventScroll: true });
  }
}

/** Scroll the text, and nothing else, until the mark stands in its upper part. */
function center(body, mark) {
  if (mark) body.scrollTop += mark.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 3;
}

function farther(label) {
  return element("p", {}, element("button", { type: "button", onclick: () => { around *= 4; load(false); } }, label));
}

function head(found, title, pieces, here) {
  const piece = pieces[here];
  const told = element("div", { role: "status" });
  const link = () => new URL(address(), location.href).href;
  const quoted = piece && { ...found, doc_id: found.id, section: piece.section, page: piece.page,
    text: part(found.text, piece.start - found.start, piece.end - found.start) };
  const button = (label, onclick, { title = null, disabled = false } = {}) => element("button", { type: "button", onclick, title, disabled }, label);
  return element(
    "div", { className: "head" }, bar(), title,
    facts({ doc_id: found.id, metadata: found.metadata, section: piece?.section, page: piece?.page }),
    element(
      "p", { className: "actions" },
      piece ? button("Previous", () => step(found, pieces[here - 1]), { title: "The passage before", disabled: here === 0 }) : null,
      piece ? button("Next", () => step(found, pieces[here + 1]), { title: "The passage behind", disabled: here === pieces.length - 1 }) : null,
      piece ? button("Copy citation", () => copy(citation(quoted, link()), "Citation")) : null,
      button("Copy link", () => copy(link(), "Link")),
      button("File", () => download(found.id), { title: "Save the file that the document was read from" }),
      piece && state.q && state.view === "search" ? button("Why here, or not?", () => whyNot(piece.id, told)) : null,
    ),
    told,
  );
}

/** Go to a neighbour of the passage. */
function step(found, piece) {
  const text = part(found.text, piece.start - found.start, piece.end - found.start);
  const place = placeOf({ ...piece, doc_id: found.id, text: text ?? "" });
  change(text === null ? { ...place, check: "" } : place, true); // it may reach beyond what is shown
  load(true);
}

/** Return the text as nodes: pages begin with their numbers, the passage is marked, its neighbours are shaded. */
function text(found, marks, here) {
  const at = places(found.text);
  const near = [here - 1, here + 1].map((each) => found.passages[each]).filter((each) => here >= 0 && each);
  const pages = new Map(found.page_starts.map((start, number) => [start, number + 1]));
  const inside = (place) => place > found.start && place < found.end;
  const cuts = [found.start, found.end, ...pages.keys(), ...(marks ?? []), ...near.flatMap((each) => [each.start, each.end])];
  const sorted = [...new Set(cuts.filter((cut) => inside(cut) || cut === found.start || cut === found.end))].sort((a, b) => a - b);
  return sorted.flatMap((start, number) => {
    const nodes = pages.has(start) && pages.size > 1 ? [element("span", { className: "page" }, `Page ${pages.get(start)}`)] : [];
    const end = sorted[number + 1];
    if (end === undefined) return nodes;
    const shown = found.text.slice(at(start - found.start), at(end - found.start));
    const holds = ([from, to]) => from <= start && end <= to;
    if (marks && holds(marks)) nodes.push(element("mark", {}, shown));
    else if (near.some((each) => holds([each.start, each.end]))) nodes.push(element("span", { className: "near" }, shown));
    else nodes.push(shown);
    return nodes;
  });
}

/** Save the file that the document was read from. */
async function download(id) {
  try {
    const response = await request(of(state.index, `raw?${new URLSearchParams({ id })}`));
    const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "document";
    const link = element("a", { href: URL.createObjectURL(await response.blob()), download: decodeURIComponent(name) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    byId("toast").textContent = error.message;
  }
}

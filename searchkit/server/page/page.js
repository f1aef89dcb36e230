// The page: its views, its keys, and the address that says what is shown.
import { ask, problem } from "./api.js";
import { newConversation, startChat } from "./chat.js";
import { closeDocument, hideDocument, openDocument } from "./document.js";
import { loadFilters, onFilter, showFilters } from "./filters.js";
import { search, startSearch } from "./results.js";
import { listStatements, startSaid } from "./said.js";
import { address, change, closed, readAddress, state } from "./state.js";
import { byId, element } from "./text.js";

const VIEWS = ["search", "said", "chat"];
const viewNow = () => byId(state.view);

/** Show what the state says. */
async function showAll() {
  showView();
  byId("index").value = state.index;
  byId("q").value = state.q;
  byId("said-name").value = state.name;
  byId("said-about").value = state.about;
  showFilters();
  if (state.id) openDocument(null);
  else hideDocument();
  if (state.view === "said") await listStatements();
  else if (state.view === "search") await search();
}

function showView() {
  for (const view of VIEWS) byId(view).hidden = view !== state.view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.href = address({ ...closed(), view: link.dataset.view });
  }
}

async function changeIndex() {
  change({ ...closed(), index: byId("index").value, section: "", source: "", since: "", until: "" }, true);
  newConversation();
  await loadFilters();
  await showAll();
}

async function start() {
  readAddress();
  try {
    const { indexes } = await ask("/v1/indexes");
    byId("index").replaceChildren(...indexes.map(({ name, documents }) => element(
      "option", { value: name }, `${name} (${documents.toLocaleString("en")})`,
    )));
    if (!indexes.some(({ name }) => name === state.index)) state.index = indexes[0].name;
    await loadFilters();
  } catch (error) {
    byId("notices").replaceChildren(problem(error, start));
    return;
  }
  await showAll();
  if (!state.id) viewNow().querySelector("[data-first]").focus();
}

function goTo(view) {
  change({ ...closed(), view }, true);
  showAll();
  viewNow().querySelector("[data-first]").focus();
}

// --- keys ---------------------------------------------------------------------------------------------------------

const isField = (target) => target.matches("input, textarea, select");

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") escape(event);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") arrows(event);
  else if (!isField(event.target) && event.key === "/") {
    event.preventDefault();
    const first = viewNow().querySelector("[data-first]");
    if (byId("left").inert) closeDocument();
    first.focus();
    first.select();
  } else if (!isField(event.target) && event.key === "?") byId("keys").showModal();
}

function escape(event) {
  const first = viewNow().querySelector("[data-first]");
  if (!byId("document").hidden) closeDocument();
  else if (event.target !== first) first.focus();
  else if (state.view === "search" && first.value) {
    first.value = "";
    first.dispatchEvent(new Event("input"));
  } else return;
  event.preventDefault();
}

function arrows(event) {
  const links = [...viewNow().querySelectorAll("a.open")];
  const first = viewNow().querySelector("[data-first]");
  const here = links.indexOf(event.target);
  if (here < 0 && (event.target !== first || event.key === "ArrowUp")) return;
  const to = event.key === "ArrowDown" ? links[here + 1] : links[here - 1] ?? first;
  if (!to) return;
  event.preventDefault();
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}

// --- what is listened to ------------------------------------------------------------------------------------------

document.addEventListener("keydown", keys);
addEventListener("popstate", () => { readAddress(); state.index ||= byId("index").value; showAll(); });
byId("index").addEventListener("change", changeIndex);
byId("keys-button").addEventListener("click", () => byId("keys").showModal());
for (const link of document.querySelectorAll("nav a")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(link.dataset.view);
  });
}
startSearch();
startSaid();
startChat();
onFilter(() => search());
start();

// Texts, places in them, and elements. The server counts characters in code points, JavaScript in UTF-16.

/** Return an element. Properties go by their names in the DOM, aria-* and data-* as attributes; children are text or nodes. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name in made && !name.includes("-")) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Return a function from places in code points to places in UTF-16; null for what is behind the end. */
export function places(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (place) => (place >= 0 && place <= text.length ? place : null);
  const found = [0];
  for (const character of text) found.push(found[found.length - 1] + character.length);
  return (place) => found[place] ?? null;
}

/** Return the part of a text from start to end, in code points; null where there is none. */
export function part(text, start, end) {
  const at = places(text);
  const [from, to] = [at(start), at(end)];
  return from === null || to === null || from >= to ? null : text.slice(from, to);
}

/** Return a text as nodes, with its spans (pairs of places in code points) marked; spans that do not fit are left out. */
export function marked(text, spans) {
  const at = places(text);
  const nodes = [];
  let done = 0;
  for (const [start, end] of [...spans].sort((one, other) => one[0] - other[0])) {
    const [from, to] = [at(start), at(end)];
    if (from === null || to === null || from < done || from >= to) continue;
    nodes.push(text.slice(done, from), element("mark", {}, text.slice(from, to)));
    done = to;
  }
  return [...nodes, text.slice(done)];
}

/** Return the CRC-32 of a text in UTF-8, as the server puts it into links: they know by it whether their text is still there. */
export function checksum(text) {
  let sum = -1;
  for (const byte of new TextEncoder().encode(text)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return (~sum >>> 0).toString(16).padStart(8, "0");
}

/** Return a number with its noun, in the plural where it is one. */
export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

const WORDS = [
  [0.75, "very likely an answer"], [0.5, "likely an answer"], [0.25, "possibly an answer"], [0.1, "hardly an answer"],
  [0, "no answer, it seems"],
]; // from 0.1 on the server takes a question for answerable

/** Return a confidence as a bar and a word. */
export function confidence(share) {
  const word = WORDS.find(([least]) => share >= least)?.[1];
  const told = `${word}: ${Math.round(share * 100)}%`;
  const bar = element("meter", { min: 0, max: 1, low: 0.25, high: 0.5, optimum: 1, value: share, "aria-hidden": "true" });
  return element("p", { className: "confidence" }, bar, element("span", {}, told));
}

/** Return what is known of a passage besides its text: day, section, page, document. */
export function facts(passage) {
  const metadata = passage.metadata ?? {};
  const day = typeof metadata.date === "string" ? metadata.date.slice(0, 10) : null;
  const section = passage.section || (typeof metadata.section === "string" ? metadata.section : "");
  return element(
    "p", { className: "facts" },
    day && element("time", { dateTime: day }, day),
    section && element("span", {}, section),
    passage.page && element("span", {}, `page ${passage.page}`),
    element("span", { className: "id" }, passage.doc_id),
  );
}

let toasting = 0;

/** Say something for a moment, also to screen readers. */
export function toast(said) {
  const place = byId("toast");
  place.textContent = said;
  clearTimeout(toasting);
  toasting = setTimeout(() => { place.textContent = ""; }, 2500);
}

/** Put a text on the clipboard. Beyond this machine without HTTPS browsers offer only the old way. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = element("textarea", { value: text, className: "unseen", "aria-label": what });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  toast(`${what} copied`);
}

/** Return what quotes a passage: its text, then where it stands. */
export function citation(passage, link) {
  const metadata = passage.metadata ?? {};
  const where = [passage.title || passage.doc_id, passage.section, typeof metadata.date === "string" && metadata.date.slice(0, 10),
    passage.page && `page ${passage.page}`, passage.title && passage.doc_id].filter(Boolean);
  return `“${passage.text}”\n${where.join(", ")}\n${link}`;
}

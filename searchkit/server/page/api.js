// Requests to the server that gave this page.
import { byId, element } from "./text.js";

const KEPT = "searchkit-token";
let asking = null;

const sentence = (said) => said && said[0].toUpperCase() + said.slice(1) + (/[.?!]$/.test(said) ? "" : ".");

/** What went wrong with a request, for a person to read. */
export class Trouble extends Error {
  constructor(message, hint = "", status = 0) {
    super(sentence(message));
    this.hint = sentence(hint);
    this.status = status;
  }
}

/** Return a function that gives a signal for a new request and aborts the one before: older answers never come late. */
export function latest() {
  let running = null;
  return () => {
    running?.abort();
    running = new AbortController();
    return running.signal;
  };
}

/** Return the address of something of an index. */
export const of = (index, path) => `/v1/indexes/${encodeURIComponent(index)}/${path}`;

/** Return what the server answers, as JSON. body: makes it a POST. Throws Trouble, and AbortError when it is aborted. */
export async function ask(path, { body, signal } = {}) {
  return (await request(path, { body, signal })).json();
}

/** Return the response to a request. Throws as `ask` does. */
export async function request(path, { body, signal } = {}) {
  for (;;) {
    const sent = sessionStorage.getItem(KEPT);
    const headers = { ...(sent && { Authorization: `Bearer ${sent}` }), ...(body && { "Content-Type": "application/json" }) };
    const response = await reached(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
    if (response.ok) return response;
    if (response.status !== 401) throw await trouble(response);
    if (sent === sessionStorage.getItem(KEPT)) await token(Boolean(sent));
  }
}

async function reached(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("The server does not answer.", "Is it still running?");
  }
}

async function trouble(response) {
  const found = (await response.json().catch(() => ({}))).error ?? {};
  const wait = response.headers.get("Retry-After");
  const hint = wait ? `Try again in ${wait} s.` : found.hint;
  return new Trouble(found.message ?? `The server answered ${response.status}.`, hint, response.status);
}

/** Ask the person for a token, once for all requests that wait for it. It is kept until the tab is closed. */
function token(wasWrong) {
  asking ??= new Promise((resolve, reject) => {
    const dialog = byId("token");
    byId("token-told").textContent = wasWrong ? "The server does not know that one." : "It is kept until this tab is closed.";
    byId("token-input").value = "";
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      asking = null;
      if (dialog.returnValue !== "given") return reject(new Trouble("This server wants a token.", "Reload the page to give one.", 401));
      sessionStorage.setItem(KEPT, byId("token-input").value.trim());
      return resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

/** Return an error as a notice with a button that tries again. */
export function problem(error, again) {
  if (!(error instanceof Trouble)) throw error;
  return element(
    "div", { className: "notice problem", role: "alert" },
    element("p", {}, element("strong", {}, error.message), error.hint ? ` ${error.hint}` : ""),
    element("button", { type: "button", onclick: () => again() }, "Try again"),
  );
}

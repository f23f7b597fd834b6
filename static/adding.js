// Adds to the cart without leaving the page: posts the forms marked `data-storefront-add`, which lead to our cart address.
// A shop listens to `storefront:added` and `storefront:removed`: they bubble from the form, with `detail.lines` (product,
// variant, quantity) and `detail.count` (of the whole cart, or null). Without this file the browser posts the forms itself.

const OURS = "Storefront-Answer";
const PATIENCE_MS = 15000;
const SHOWN_MS = 3000;
const UNDO_MS = 8000;

// What is under way or still being shown, by form.
const busy = new WeakMap();

// Forms that the browser posts itself from now on.
const ordinary = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  if (event.defaultPrevented || event.submitter === undefined || !button || !form.matches("[data-storefront-add]") || ordinary.has(form)) return;
  event.preventDefault();
  if (!busy.has(form)) addInPlace(form, button);
});

async function addInPlace(form, button) {
  const data = new FormData(form);
  if (button.name) data.append(button.name, button.value);
  for (const old of placeOf(button).querySelectorAll(":scope > .storefront-notice")) old.remove();
  begin(form);
  show(button, "adding", wordsOf(form).adding);
  const answer = await send(form, data);
  if (answer === null) return postOrdinarily(form, button);
  if (answer.failed) return failed(form, button);
  if (answer.notice) return refused(form, button, answer);
  if (form.elements.once) form.elements.once.value = Math.random().toString(36).slice(2);
  added(form, button, answer);
}

let queue = Promise.resolve();

// One after another, and no fragment meanwhile: of two answers at once that hold a session in a cookie, the later one wins.
// Who leaves before the answer gets its cookie all the same (keepalive).
function send(form, data) {
  const turn = async () => {
    const fragments = [...document.querySelectorAll("storefront-fragment")];
    for (const fragment of fragments) fragment.hold?.();
    const answer = await answerTo(form, data);
    for (const fragment of fragments) fragment.release?.();
    return answer;
  };
  return (queue = queue.then(turn));
}

// Our answer; null where the shop answered in its place, such as with a sign-in, and nothing was added; `failed` where no
// answer came, or an error, so that nobody knows whether it was.
async function answerTo(form, data) {
  const page = new URLSearchParams(fragmentOf(form)?.getAttribute("src")?.split("?")[1]);
  for (const name of ["locale", "page"]) if (page.has(name)) data.set(name, page.get(name));
  const options = { method: "POST", body: new URLSearchParams(data), credentials: "same-origin", redirect: "manual", keepalive: true };
  try {
    const signal = AbortSignal.timeout?.(PATIENCE_MS);
    const response = await fetch(form.getAttribute("action"), { ...options, headers: { Accept: "application/json" }, signal });
    if (response.headers.has(OURS)) return await response.json();
    return response.status < 500 ? null : { failed: true };
  } catch {
    return { failed: true };
  }
}

function added(form, button, answer) {
  show(button, "added", answer.label);
  say(form, answer.message);
  const [undo, mine] = [answer.undo && undoButton(form, button, answer.undo), busy.get(form)];
  notify(form, "storefront:added", answer);
  const finish = () => {
    if (busy.get(form) !== mine) return;
    if (undo?.matches(":focus, [aria-busy=true]")) setTimeout(finish, 1000);
    else end(form, button);
  };
  setTimeout(finish, undo ? UNDO_MS : SHOWN_MS);
}

function undoButton(form, button, { label, token }) {
  const undo = element("button", "storefront-button storefront-undo");
  undo.type = "button";
  undo.append(element("span", "storefront-label", label));
  const about = button.querySelector(".storefront-hidden");
  if (about) undo.append(about.cloneNode(true));
  // The second half of a double click may meet it, since it comes where the wider button was.
  undo.addEventListener("click", ({ detail }) => detail > 1 || takeOut(form, button, undo, token));
  button.after(undo);
  return undo;
}

async function takeOut(form, button, undo, token) {
  if (undo.getAttribute("aria-busy") === "true") return;
  undo.setAttribute("aria-busy", "true");
  const data = new FormData();
  data.set("undo", token);
  const answer = await send(form, data);
  button.focus({ preventScroll: true });
  if (answer?.lines) {
    say(form, answer.message);
    notify(form, "storefront:removed", answer);
  }
  end(form, button);
  if (!answer?.lines) notice(button, answer?.notice ?? { text: wordsOf(form).failed, is_error: true });
}

// What the page shows is no longer true: the notice stands at the same button of the fresh answer, else above all.
async function refused(form, button, answer) {
  end(form, button);
  const fragment = answer.stale && form.closest("storefront-fragment");
  notice(fragment?.renewed ? await fragment.renewed(button) : button, answer.notice);
}

// The shopper tries again as without script: it may have been added, and another page tells.
function failed(form, button) {
  const { failed: text, retry } = wordsOf(form);
  if (!text) return postOrdinarily(form, button);
  end(form, button);
  show(button, "failed", retry);
  notice(button, { text, is_error: true });
  ordinary.add(form);
}

function postOrdinarily(form, button) {
  end(form, button);
  ordinary.add(form);
  form.requestSubmit(button);
}

// While a form says what became of it, its fragment stays as it is.
function begin(form) {
  const fragment = form.closest("storefront-fragment");
  busy.set(form, { fragment });
  fragment?.hold?.();
}

function end(form, button) {
  show(button, null);
  form.querySelector(".storefront-undo")?.remove();
  const { fragment } = busy.get(form);
  busy.delete(form);
  fragment?.release?.();
}

// The button's words for a while, beside its own ones, which the style sheet hides; its width stays.
function show(button, state, text) {
  const label = button.querySelector(".storefront-label");
  button.querySelector(".storefront-state")?.remove();
  button.style.minInlineSize = state === "adding" ? `${button.offsetWidth}px` : "";
  button.toggleAttribute("data-storefront-state", false);
  button.removeAttribute("aria-busy");
  if (state === "adding") button.setAttribute("aria-busy", "true");
  if (!state || !text || !label) return;
  button.dataset.storefrontState = state;
  label.after(element("span", "storefront-label storefront-state", text));
}

function notice(button, { text, is_error: isError, path, label }) {
  const said = element("div", `storefront-notice${isError ? " storefront-notice-error" : ""}`);
  said.setAttribute("role", isError ? "alert" : "status");
  said.append(element("bdi", "", text));
  if (path) said.append(" ", Object.assign(element("a", "storefront-notice-link", label), { href: path }));
  placeOf(button).append(said);
}

// Below the button: of a card as wide as the card, of a set within its sum.
function placeOf(button) {
  if (!button.matches("button, input")) return button;
  const card = button.closest(".storefront-card:not(.storefront-part)");
  return card ?? button.closest(".storefront-sum, .storefront-steps-body") ?? button.form;
}

function notify(form, name, { lines, count }) {
  form.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: { lines, count } }));
  window.dispatchEvent(new CustomEvent("storefront:cart-changed", { detail: { quiet: true } }));
}

// The words of the page, which stand at its placements.
function wordsOf(form) {
  return fragmentOf(form)?.dataset ?? {};
}

// That of the form; of a form of the shop's own any, since all of a page speak its language.
function fragmentOf(form) {
  return form.closest("storefront-fragment") ?? document.querySelector("storefront-fragment");
}

// One live region, there before it speaks; within an open dialog, since what is outside is not heard.
const region = element("div", "storefront-hidden");
region.setAttribute("role", "status");
document.body.append(region);

function say(form, text) {
  const home = form.closest("dialog[open]") ?? document.body;
  if (region.parentNode !== home) home.append(region);
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 100);
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// Brings each shopper's own suggestions into a page that is the same for all, and moves carousels and adds up sets.
// A page tells that the cart changed by `window.dispatchEvent(new Event("storefront:cart-changed"))`, and adding.js does
// so, with `detail.quiet` since it has spoken itself. Each fragment sends `storefront-load` or `storefront-error`, both with `detail.status`. Without this file the page still works.

const MARGIN = "400px";

// What the server's own answers carry: a login form or a maintenance page may answer in its place, with status 200.
const OURS = "Storefront-Answer";

// Where adding.js puts what it says of a button.
const PLACES = ".storefront-card, .storefront-sum, .storefront-steps-body";
const PLACE = "storefront-slot storefront-place";
const SAID = `:is(${PLACES}, .storefront-place) > .storefront-notice`;

class StorefrontFragment extends HTMLElement {
  #request = null;
  #observer = null;
  #later = null;
  #life = null;
  #swapped = false;
  #speaks = false;
  #held = 0;
  #due = null;
  #width = 0;

  connectedCallback() {
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.addEventListener("click", moveCarousel, { signal });
    this.addEventListener("click", stepBy, { signal });
    this.addEventListener("keydown", walkCarousel, { signal });
    for (const kind of ["change", "input"]) this.addEventListener(kind, ({ target }) => target.form && addUp(target.form), { signal });
    this.addEventListener("error", ({ target }) => hideBroken(target), { capture: true, signal });
    this.addEventListener("scroll", ({ target }) => showMoves(target), { capture: true, passive: true, signal });
    window.addEventListener("storefront:cart-changed", ({ detail }) => this.refresh(!detail?.quiet), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.refresh(), { signal });
    window.addEventListener("resize", () => this.#resized(), { passive: true, signal });
    this.#prepare();
    if (this.getAttribute("when") !== "change") this.#watch();
  }

  disconnectedCallback() {
    this.#life?.abort();
    this.#request?.abort();
    this.#observer?.disconnect();
    this.#forgetLater();
  }

  /** Fetch again after the cart changed; not before the shopper has come near, since the first fetch is fresh anyway. */
  refresh(speak = true) {
    if (!this.#observer) this.#load(true, speak);
  }

  /** Keep what is shown until `release`, which fetches what was due meanwhile. */
  hold() {
    this.#held += 1;
    const isBusy = this.hasAttribute("aria-busy");
    if (!this.#later && !isBusy) return;
    this.#request?.abort();
    this.#forgetLater();
    this.#due ??= { speak: isBusy && this.#speaks };
  }

  /** Of a `hold`; one from before this element was defined held nothing. */
  release() {
    if (this.#held) this.#held -= 1;
    if (this.#held || !this.#due || !this.isConnected) return;
    const { speak } = this.#due;
    this.#due = null;
    this.#load(true, speak);
  }

  /** Fetch now what is true, and give the same control of the answer; a place above the slots where that is gone. */
  async renewed(control) {
    const path = pathOf(control);
    await this.#load(true, false, true);
    return this.querySelector(path) ?? this.#place();
  }

  /** A new place above the slots for what adding.js says. */
  #place() {
    const place = document.createElement("div");
    place.className = PLACE;
    this.querySelector(".storefront-slots").prepend(place);
    return place;
  }

  /** Who comes back to a notice, or follows a link to a bundle, is there at once. */
  #watch() {
    if (location.hash.startsWith("#storefront-")) return this.#load(false);
    this.#observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.#observer.disconnect();
      this.#observer = null;
      this.#load(false);
    }, { rootMargin: MARGIN });
    this.#observer.observe(this);
  }

  async #load(again, speak = again, keep = false) {
    if (this.#held) return void (this.#due = { speak: speak || Boolean(this.#due?.speak) });
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    const url = new URL(this.getAttribute("src"), document.baseURI);
    if (this.#swapped) url.searchParams.delete("have");
    this.#speaks = speak;
    this.setAttribute("aria-busy", "true");
    try {
      const options = { credentials: "same-origin", headers: { Accept: "text/html" }, redirect: "error", signal: request.signal };
      const response = await fetch(url, options);
      if (!response.ok || !response.headers.has(OURS)) throw Object.assign(new Error(response.statusText), { status: response.status });
      const html = response.status === 204 ? null : await response.text();
      if (request !== this.#request) return;
      const empty = this.#show(html, url.searchParams.has("have"), again, speak);
      this.#dispatch("storefront-load", response.status);
      if (empty) this.#empty(keep);
    } catch (error) {
      if (request !== this.#request || error.name === "AbortError") return;
      for (const slot of this.querySelectorAll(".storefront-waiting")) slot.remove();
      this.#dispatch("storefront-error", error.status ?? 0);
    } finally {
      if (request === this.#request) this.removeAttribute("aria-busy");
    }
  }

  /** Whether nothing is left to show. No answer changes nothing where the page holds the same already. */
  #show(html, had, again, speak) {
    this.#forgetLater();
    if (html === null && had) return false;
    if (!html) return true;
    this.#swap(html, again);
    if (speak) this.#say(this.dataset.updated);
    if (!again) this.#come();
    return false;
  }

  /** Nothing is left to show but what adding.js has said, or with *keep* is about to say. */
  #empty(keep) {
    const content = this.querySelector(".storefront-slots");
    const notices = content.querySelectorAll(SAID);
    if (!keep && !notices.length) return this.remove();
    content.replaceChildren();
    if (notices.length) this.#place().append(...notices);
  }

  #swap(html, again) {
    const content = this.querySelector(".storefront-slots");
    const template = document.createElement("template");
    template.innerHTML = html;
    const before = this.getBoundingClientRect();
    const restore = remembered(content);
    const shown = [...content.childNodes];
    content.replaceChildren(template.content);
    this.#prepare();
    const seen = before.bottom > 0 && before.top < window.innerHeight;
    const pushes = before.bottom > 0 && before.bottom < window.innerHeight;
    const grown = this.getBoundingClientRect().height - before.height;
    const urgent = again || content.querySelector(".storefront-notice") || shown.some((node) => node.matches?.(".storefront-waiting"));
    if (pushes && grown > 0.5 && !urgent) {
      content.replaceChildren(...shown);
      return this.#swapLater(html);
    }
    restore();
    if (seen && grown < 0) this.style.minHeight = `${before.height}px`;
    this.#width = window.innerWidth;
    this.#swapped = true;
  }

  /** To what the page was opened for, where the fragment brought it; once it is drawn, so that nothing moves in view. */
  #come() {
    const { hash } = location;
    const target = hash.startsWith("#storefront-") && this.querySelector(`#${CSS.escape(hash.slice(1))}`);
    if (target) requestAnimationFrame(() => setTimeout(() => target.scrollIntoView({ block: "center" })));
  }

  /** A taller answer must not push what the shopper is reading: it waits until they have scrolled on. */
  #swapLater(html) {
    this.#later = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) return;
      this.#forgetLater();
      this.#swap(html, false);
    });
    this.#later.observe(this);
  }

  /** What has waited is older than what is known now. */
  #forgetLater() {
    this.#later?.disconnect();
    this.#later = null;
  }

  /** The room held for a shorter answer is given back at the next layout of the page anyway. */
  #resized() {
    if (window.innerWidth !== this.#width) this.style.minHeight = "";
    for (const list of this.querySelectorAll(".storefront-carousel")) showMoves(list);
  }

  #prepare() {
    for (const list of this.querySelectorAll(".storefront-carousel")) showMoves(list);
    for (const form of this.querySelectorAll("form.storefront-together")) addUp(form);
    for (const button of this.querySelectorAll(".storefront-step-by")) button.hidden = false;
    for (const once of this.querySelectorAll("input[name=once]")) once.value ||= Math.random().toString(36).slice(2);
    for (const image of this.querySelectorAll(".storefront-image")) if (image.complete) hideBroken(image);
  }

  #say(text) {
    let region = this.querySelector(":scope > [role=status]");
    if (!region) {
      region = document.createElement("div");
      region.className = "storefront-hidden";
      region.setAttribute("role", "status");
      this.append(region);
    }
    region.textContent = "";
    setTimeout(() => (region.textContent = text), 100);
  }

  #dispatch(name, status) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: { status } }));
  }
}

// What the shopper was at: focus, unchecked boxes, choices, how far carousels were moved, and what adding.js says at a button.
// Returns what puts it back.
function remembered(content) {
  const active = content.contains(document.activeElement) ? document.activeElement : null;
  const focused = active && [pathOf(active), placeOf(active)];
  const unchecked = [...content.querySelectorAll(".storefront-check:not(:checked)")].map(pathOf);
  const chosen = [...content.querySelectorAll(".storefront-choice")].map((field) => [pathOf(field), field.value]);
  const moved = [...content.querySelectorAll(".storefront-carousel")].map((list) => [pathOf(list), list.scrollLeft]);
  const notices = [...content.querySelectorAll(`:is(${PLACES}) > .storefront-notice`)];
  const said = notices.map((notice) => [pathOf(notice.parentElement.querySelector("[type=submit]") ?? notice), notice]);
  return () => {
    for (const [path, notice] of said) {
      notice.removeAttribute("role"); // it has been heard
      content.querySelector(path)?.closest(PLACES)?.append(notice);
    }
    for (const path of unchecked) {
      const box = content.querySelector(path);
      if (box) { box.checked = false; addUp(box.form); }
    }
    for (const [path, value] of chosen) {
      const field = content.querySelector(path);
      if (field && field.value !== value) { field.value = value; if (field.form) addUp(field.form); }
    }
    for (const [path, left] of moved) content.querySelector(path)?.scrollTo({ left, behavior: "instant" });
    if (focused) focusOn(content, ...focused);
  };
}

// A selector for the same thing in the next answer: slot, bundle, product, and the class that says what it is.
function pathOf(element) {
  const slot = element.closest("[data-storefront-slot]")?.dataset.storefrontSlot;
  const bundle = element.closest("[data-storefront-bundle]")?.dataset.storefrontBundle;
  const product = element.closest("[data-storefront-product]")?.dataset.storefrontProduct;
  const part = (name, value) => (value === undefined ? "" : `[data-storefront-${name}="${CSS.escape(value)}"] `);
  const move = element.dataset.storefrontMove;
  const own = [...element.classList].map((name) => `.${CSS.escape(name)}`).join("");
  return part("slot", slot) + part("bundle", bundle) + part("product", product) + own + (move ? `[data-storefront-move="${move}"]` : "");
}

// Its card's number within the slot.
function placeOf(element) {
  return [...(element.closest(".storefront-slot")?.querySelectorAll(".storefront-card") ?? [])].indexOf(element.closest(".storefront-card"));
}

// Focus goes to the same control; where its product is gone, to the card that took its place, never to the top of the page.
function focusOn(content, path, place) {
  const slot = path.slice(0, path.indexOf("]") + 1);
  const links = [...content.querySelectorAll(`${slot} .storefront-link`)];
  const next = links.find((link) => placeOf(link) >= place) ?? links.at(-1) ?? content.querySelector(".storefront-link");
  (content.querySelector(path) ?? next)?.focus({ preventScroll: true });
}

function moveCarousel({ target }) {
  const button = target.closest?.("[data-storefront-move]");
  const list = button?.closest(".storefront-slot").querySelector(".storefront-carousel");
  if (!list || button.getAttribute("aria-disabled") === "true") return;
  list.scrollBy({ left: list.clientWidth * 0.9 * button.dataset.storefrontMove * direction(list) });
}

// Arrow keys walk from card to card, Home and End to the first and last.
function walkCarousel(event) {
  const list = event.target.closest?.(".storefront-carousel");
  if (!list || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const cards = [...list.querySelectorAll(".storefront-card")].filter((card) => card.querySelector(".storefront-link"));
  const here = cards.indexOf(event.target.closest(".storefront-card"));
  const step = direction(list);
  const next = { ArrowRight: here + step, ArrowLeft: here - step, Home: 0, End: cards.length - 1 }[event.key];
  if (next === undefined || !cards[next]) return;
  event.preventDefault();
  cards[next].querySelector(".storefront-link").focus({ preventScroll: true });
  cards[next].scrollIntoView({ block: "nearest", inline: "nearest" });
}

function showMoves(list) {
  if (!list.classList?.contains("storefront-carousel")) return;
  const slot = list.closest(".storefront-slot");
  const room = list.scrollWidth - list.clientWidth;
  const left = Math.abs(list.scrollLeft);
  slot.classList.toggle("storefront-can-move", room > 8);
  for (const button of slot.querySelectorAll("[data-storefront-move]")) {
    const end = button.dataset.storefrontMove < 0 ? left < 8 : left > room - 8;
    button.setAttribute("aria-disabled", String(end));
  }
}

// A picture that cannot be loaded leaves its quiet surface, not the browser's torn page.
function hideBroken(image) {
  if (image.matches?.(".storefront-image") && !image.naturalWidth) image.classList.add("storefront-broken");
}

function direction(element) {
  return getComputedStyle(element).direction === "rtl" ? -1 : 1;
}

// The buttons beside a quantity; without script one types.
function stepBy({ target }) {
  const button = target.closest?.(".storefront-step-by");
  if (!button) return;
  const field = button.parentElement.querySelector("input");
  button.dataset.by < 0 ? field.stepDown() : field.stepUp();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// Total and button of a set, in minor units so that the sum is exact. The texts come finished from the server.
function addUp(form) {
  if (form.matches(".storefront-set")) return priceSet(form);
  if (!form.matches(".storefront-together")) return;
  const boxes = [...form.querySelectorAll(".storefront-check")];
  const checked = boxes.filter((box) => box.checked);
  const button = form.querySelector(".storefront-button");
  button.disabled = checked.length === 0;
  button.querySelector(".storefront-label").textContent = JSON.parse(form.dataset.labels)[checked.length];
  const output = form.querySelector("output");
  if (!output) return;
  output.dataset.all ??= output.textContent;
  const sum = checked.reduce((total, box) => total + Number(box.dataset.amount), 0);
  output.textContent = checked.length === boxes.length ? output.dataset.all : inMoney(sum, form.dataset);
}

// What a tier costs one by one and saves, in minor units, as bundles/quote.py has it: tests hold both to the same table
// (tests/bundles/price_cases.json). Items are [unit price, quantity, free]. The cart has the last word.
const WHOLE = 1000000n;
const SAVED = {
  percent: (value, total, _free, step) => total - onStep(BigInt(total) * (WHOLE - BigInt(value)), step, WHOLE),
  amount: (value, total, _free, step) => total - onStep(BigInt(total - Math.min(value, total)), step),
  fixed: (value, total) => total - value,
  free: (_value, _total, free) => free,
};
const FIRST = new WeakMap();

// The multiple of the shop's price step that is nearest to price / whole; of two equally near the lower.
function onStep(price, step, whole = 1n) {
  const unit = BigInt(step);
  return Number(((2n * price + whole * unit - 1n) / (2n * whole * unit)) * unit);
}

function quote({ rule, value, least, step = 1 }, items) {
  const sum = (some) => some.reduce((total, [amount, quantity]) => total + amount * quantity, 0);
  const total = sum(items);
  const free = least && rule === "free" ? freeOfMix(value, least, items) : sum(items.filter(([, , isFree]) => isFree));
  return { total, saving: Math.max(0, SAVED[rule](value, total, free, step)) };
}

// The cheapest of the most expensive that a mix needs.
function freeOfMix(count, least, items) {
  const each = items.flatMap(([amount, quantity]) => Array(quantity).fill(amount));
  return each.sort((a, b) => b - a).slice(0, least).slice(-count).reduce((sum, amount) => sum + amount, 0);
}

// Price and button of a bundle as chosen. What the server wrote stands for the choice it was made for.
function priceSet(form) {
  const { rule, labels, saved, step } = form.dataset;
  const [value, least, most] = [form.dataset.value, form.dataset.least, form.dataset.most].map(Number);
  const items = [];
  let checked = 0;
  for (const part of form.querySelectorAll(".storefront-part")) {
    const box = part.querySelector(".storefront-check");
    if (box && !box.checked) continue;
    const number = part.querySelector(".storefront-number");
    const quantity = number ? Math.min(Math.max(Math.trunc(Number(number.value)) || 0, 0), 999) : Number(part.dataset.pieces);
    const amount = Number(part.querySelector("select")?.selectedOptions[0]?.dataset.amount ?? part.dataset.amount);
    items.push([amount, quantity, "free" in part.dataset]);
    if (box) checked += 1;
  }
  const count = items.reduce((sum, [, quantity]) => sum + quantity, 0);
  const fits = !least || (count >= least && count <= most);
  const { total, saving } = quote({ rule, value, least, step }, items);
  const off = fits ? saving : 0;
  const button = form.querySelector(".storefront-button");
  button.disabled = !fits;
  tally(form, count, fits ? 0 : count < least ? least - count : most - count);
  const label = JSON.parse(labels)[least ? count - least : checked];
  if (label) button.querySelector(".storefront-label").textContent = label;
  const [now, was, text] = ["total-amount", "was-amount", "saved"].map((name) => form.querySelector(`.storefront-sum .storefront-${name}`));
  if (!FIRST.has(form)) FIRST.set(form, [total, off, now.textContent, was.textContent, text.textContent]);
  const [total0, off0, ...texts] = FIRST.get(form);
  const same = total === total0 && off === off0;
  const money = (minor) => inMoney(minor, form.dataset);
  [now.textContent, was.textContent, text.textContent] = same ? texts : [money(total - off), money(total), saved.replace("{}", money(off))];
  was.closest("s").hidden = text.hidden = !off;
}

// Why a mix cannot be added yet, in the place of its price: too few items (off above 0), or too many.
function tally(form, count, off) {
  const line = form.querySelector(".storefront-tally");
  if (!line) return;
  const { more, fewer, locale } = form.dataset;
  const written = (number) => new Intl.NumberFormat(locale).format(number);
  const text = (off > 0 ? more : fewer).replace("{have}", written(count)).replace("{}", written(Math.abs(off)));
  line.textContent = off ? text : "";
  form.querySelector(".storefront-total").hidden = off !== 0;
}

function inMoney(minor, { currency, digits, locale, whole }) {
  const count = whole !== undefined && minor % 10 ** digits === 0 ? 0 : Number(digits);
  const decimals = { minimumFractionDigits: count, maximumFractionDigits: count };
  const style = currency ? { style: "currency", currency } : {};
  return new Intl.NumberFormat(locale, { ...style, ...decimals }).format(minor / 10 ** digits);
}

if (!customElements.get("storefront-fragment")) customElements.define("storefront-fragment", StorefrontFragment);

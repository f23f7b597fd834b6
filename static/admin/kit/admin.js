// The merchant's pages with script: products suggested while one types, a preview that follows the form, a warning
// before typed things are lost, rows chosen together. Without this file every page still works.

const WAIT = 250;

function later(act, milliseconds = WAIT) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds, ...given);
  };
}

// Unsaved changes: a form with data-guard asks before the page is left with other values than it came with. Fields
// within data-unguarded are not saved, so they do not count.

function guard(form) {
  const values = () => {
    const data = new FormData(form);
    [...form.elements].forEach((each) => { if (each.closest("[data-unguarded]")) data.delete(each.name); });
    return new URLSearchParams(data).toString();
  };
  const before = form.hasAttribute("data-changed") ? null : values();
  let sending = false;
  form.addEventListener("submit", () => { sending = true; });
  window.addEventListener("pageshow", () => { sending = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!sending && values() !== before) event.preventDefault();
  });
}

// A form is sent once, however often its button is pressed.

function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 8000);
}

// Enter in a field saves nothing: in a form that is guarded it does what the preview does by itself, at once.

function keepOnEnter(event) {
  const { target: field, key } = event;
  const form = field.form;
  if (key !== "Enter" || event.defaultPrevented || event.isComposing || !form?.hasAttribute("data-guard")) return;
  if (!field.matches("input:not([type=submit], [type=button], [type=reset], [type=image], [type=file])")) return;
  event.preventDefault();
  form.dispatchEvent(new CustomEvent("storefront:changed"));
}

// Preview: data-preview is the address that answers with HTML for what the form holds, data-preview-into the element.

function preview(form) {
  const into = document.querySelector(form.dataset.previewInto);
  let request = null;
  const put = (html) => {
    const field = into.contains(document.activeElement) && document.activeElement.name;
    into.innerHTML = html;
    if (field) into.querySelector(`[name="${field}"]`)?.focus();
  };
  const show = async () => {
    request?.abort();
    request = new AbortController();
    into.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), signal: request.signal });
      if (answer.ok && answer.headers.has("Storefront-Answer")) put(await answer.text()); // and no login form
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    into.removeAttribute("aria-busy");
  };
  const soon = later(show, 400);
  // Of the document, as fields of the form may stand outside of it, by form=.
  ["input", "change"].forEach((name) => document.addEventListener(name, (event) => { if (event.target.form === form) soon(); }));
  form.addEventListener("storefront:changed", soon);
}

// Rows: a box in the head chooses all; the buttons of data-bulk are on when some are chosen.

function bulk(form) {
  const all = form.querySelector("[data-all]");
  const boxes = () => [...form.querySelectorAll("[data-row]")];
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    if (all) {
      all.checked = chosen > 0 && chosen === boxes().length;
      all.indeterminate = chosen > 0 && !all.checked;
    }
    form.querySelectorAll("[data-bulk]").forEach((button) => { button.disabled = chosen === 0; });
    form.querySelectorAll("[data-chosen]").forEach((output) => { output.textContent = chosen ? (output.dataset.chosen || "{}").replace("{}", chosen) : ""; });
  };
  all?.addEventListener("change", () => {
    boxes().forEach((box) => { box.checked = all.checked; });
    show();
  });
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}

// A field for a product, category or brand (see combobox in parts.html): a combobox as WAI-ARIA describes it.

let pickers = 0;

class Picker {
  #field; #input; #list; #request = null; #found = []; #active = -1;

  constructor(field) {
    this.#field = field;
    this.#input = field.querySelector("input");
    this.#list = document.createElement("div");
    this.#list.className = "suggestions";
    this.#list.id = `suggestions-${(pickers += 1)}`;
    this.#list.hidden = true;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", field.querySelector("label").textContent);
    field.append(this.#list);
    const names = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.#list.id };
    Object.entries(names).forEach(([name, value]) => this.#input.setAttribute(name, value));
    const ask = later(() => this.#ask());
    this.#input.addEventListener("input", (event) => { if (!event.isTrusted) return; this.#forget(); ask(); });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#choose(this.#found[Number(option.dataset.place)]);
    });
  }

  async #ask() {
    this.#request?.abort();
    const typed = this.#input.value.trim();
    if (!typed) return this.#close();
    this.#request = new AbortController();
    try {
      const address = `${this.#field.dataset.picker}?q=${encodeURIComponent(typed)}`;
      const answer = await fetch(address, { signal: this.#request.signal, headers: { Accept: "application/json" } });
      if (answer.ok) this.#show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.#close();
    }
  }

  #show(found) {
    this.#found = found;
    this.#active = -1;
    this.#list.replaceChildren(...found.map((product, place) => this.#option(product, place)));
    if (!found.length) {
      const none = document.createElement("p");
      none.textContent = this.#field.dataset.none;
      this.#list.append(none);
    }
    this.#list.hidden = false;
    this.#list.scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-expanded", "true");
  }

  #option(product, place) {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.id = `${this.#list.id}-${place}`;
    option.dataset.place = place;
    option.append(shown(product));
    return option;
  }

  #key(event) {
    if (this.#list.hidden) {
      if (event.key === "ArrowDown") this.#ask();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#mark((this.#active + step + this.#found.length) % this.#found.length);
    } else if (event.key === "Enter" && this.#active >= 0) {
      event.preventDefault();
      this.#choose(this.#found[this.#active]);
    } else if (event.key === "Escape") {
      this.#close();
    }
  }

  #mark(place) {
    this.#active = place;
    [...this.#list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    this.#list.children[place].scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", `${this.#list.id}-${place}`);
  }

  #choose(product) {
    this.#input.value = product.id;
    const picked = this.#field.querySelector("[data-picked]");
    picked?.replaceChildren(shown(product));
    if (picked) picked.hidden = false;
    this.#close();
    this.#input.dispatchEvent(new Event("change", { bubbles: true }));
    this.#field.dispatchEvent(new CustomEvent("storefront:picked", { bubbles: true, detail: product }));
  }

  #forget() {
    const picked = this.#field.querySelector("[data-picked]");
    if (picked) picked.hidden = true;
  }

  #close() {
    this.#request?.abort();
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }
}

function named({ id, title }) {
  const name = document.createElement("bdi");
  name.textContent = title === id ? title : `${title} · ${id}`;
  return name;
}

function shown(product) {
  if (product.price === undefined) return named(product);
  const text = (tag, name, content) => {
    const element = document.createElement(tag);
    element.className = name;
    element.append(content);
    return element;
  };
  const picture = text("span", "thumbnail", product.image_url ? "" : product.title.trim().slice(0, 1).toUpperCase());
  picture.setAttribute("aria-hidden", "true");
  if (product.image_url) {
    const image = new Image(40, 40);
    image.alt = "";
    image.src = product.image_url;
    picture.append(image);
  }
  const content = text("span", "product-text", text("span", "product-title", product.title));
  content.append(text("span", "quiet", `${product.price} · ${product.id}`));
  const whole = text("span", "product", picture);
  whole.append(content);
  return whole;
}

// Parts that arrive later (a new row of a form) are set up by telling about them: storefront:added on their element.

function setUp(root) {
  const each = (selector, act) => root.querySelectorAll(selector).forEach(act);
  each("form[data-guard]", guard);
  each("form[data-preview]", preview);
  each("form[data-bulk-form]", bulk);
  each("[data-picker]", (field) => new Picker(field));
  each("[data-focus]", (element) => element.focus());
  each("form[data-submit-on-change]", (form) => form.addEventListener("change", () => form.requestSubmit()));
}

// A menu closes by Escape, which leaves the keyboard on it, and when one goes on elsewhere.

function closeMenus(event) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    const inside = menu.contains(event.target);
    if (event.type === "keydown" ? event.key !== "Escape" : inside) return;
    menu.open = false;
    if (event.type === "keydown" && inside) menu.querySelector("summary").focus();
  });
}

["click", "focusin", "keydown"].forEach((name) => document.addEventListener(name, closeMenus));
document.addEventListener("submit", sendOnce);
document.addEventListener("keydown", keepOnEnter);
document.addEventListener("storefront:added", (event) => setUp(event.target));
setUp(document);

// The slots of a placement with script: moved by dragging, by arrow keys and by their buttons, added and removed at
// once. The order of the elements in the form is the order of the slots. Without this file the buttons ask the server.

const form = document.querySelector("#slots");
const list = form.querySelector("[data-slots]");
const statusLine = form.querySelector("[data-slots-status]");
const items = () => [...list.querySelectorAll(":scope > [data-slot]")];
const gone = (item) => item.classList.contains("is-removed");

function changed() {
  showEnds();
  form.dispatchEvent(new CustomEvent("storefront:changed", { bubbles: true }));
}

// The first slot has no way up and the last none down; the same for the strategies of a slot.

function showEnds() {
  const kept = items();
  kept.forEach((item, place) => ends(item.querySelector(".slot-tools"), place, kept.length));
  list.querySelectorAll("[data-chain]").forEach((chain) => {
    [...chain.children].forEach((row, place) => ends(row, place, chain.children.length));
  });
  form.querySelector("[data-no-slots]")?.toggleAttribute("hidden", kept.length > 0);
}

function ends(tools, place, count) {
  const set = (action, off) => {
    const button = tools.querySelector(`button[value^="${action}:"], button[value^="chain-${action}:"]`);
    if (button) button.disabled = off;
  };
  set("up", place === 0);
  set("down", place === count - 1);
}

function heading(item) {
  return item.querySelector("[data-heading-shown]").textContent;
}

function say(item) {
  const all = items();
  const values = { title: heading(item), place: all.indexOf(item) + 1, count: all.length };
  statusLine.textContent = list.dataset.moved.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function step(element, by) {
  const other = by < 0 ? element.previousElementSibling : element.nextElementSibling;
  if (!other) return false;
  if (by < 0) other.before(element);
  else other.after(element);
  return true;
}

function move(item, by, focus) {
  if (!step(item, by)) return;
  changed();
  say(item);
  focus.disabled ? item.querySelector(".slot-tools button:not([hidden], :disabled)").focus() : focus.focus();
}

// Buttons: what the server would do, at once.

const actions = {
  up: (item, button) => move(item, -1, button),
  down: (item, button) => move(item, 1, button),
  remove: (item) => remove(item, true),
  restore: (item) => remove(item, false),
  add: () => add(),
  "chain-up": (item, button) => moveInChain(button, -1),
  "chain-down": (item, button) => moveInChain(button, 1),
  "chain-remove": (item, button) => leaveOut(button),
  "chain-add": (item) => addToChain(item),
};

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=act]");
  const act = button && actions[button.value.split(":")[0]];
  if (!act) return;
  event.preventDefault();
  act(button.closest("[data-slot]"), button);
});

function remove(item, is) {
  item.classList.toggle("is-removed", is);
  item.querySelector("[data-removed]").value = is ? "1" : "";
  item.querySelector(is ? ".slot-gone button" : "summary").focus();
  changed();
}

function add() {
  const key = String(1 + Math.max(0, ...items().map((item) => Number(item.dataset.slot))));
  const template = document.querySelector("[data-new-slot]").innerHTML.replaceAll("__key__", key);
  list.insertAdjacentHTML("beforeend", template);
  const item = list.lastElementChild;
  const name = item.querySelector(`[name="s${key}-name"]`);
  const taken = new Set([...form.querySelectorAll("input[name$='-name']")].filter((each) => each !== name).map((each) => each.value));
  for (let number = 2; taken.has(name.value); number += 1) name.value = `slot_${number}`;
  setUp(item);
  item.dispatchEvent(new CustomEvent("storefront:added", { bubbles: true }));
  changed();
  item.querySelector("summary").focus();
  item.scrollIntoView({ block: "nearest" });
}

function moveInChain(button, by) {
  const row = button.closest("li");
  if (!step(row, by)) return;
  changed();
  button.disabled ? row.querySelector("select").focus() : button.focus();
}

function leaveOut(button) {
  const row = button.closest("li");
  const chain = row.parentElement;
  if (chain.children.length === 1) row.querySelector("select").selectedIndex = -1;
  else row.remove();
  chain.querySelector("select").focus();
  changed();
}

function addToChain(item) {
  const chain = item.querySelector("[data-chain]");
  const row = chain.lastElementChild.cloneNode(true);
  const select = row.querySelector("select");
  const used = new Set([...chain.querySelectorAll("select")].map((each) => each.value));
  select.value = [...select.options].find((option) => option.value && !("alone" in option.dataset) && !used.has(option.value))?.value ?? "";
  chain.append(row);
  select.focus();
  changed();
}

// The heading of a slot follows what is typed: the page's language first, then the others, then the first strategy.

function headings(item) {
  const key = item.dataset.slot;
  const titles = [...item.querySelectorAll(`[name^="s${key}-title-"]`)];
  const own = titles.find((each) => each.name.endsWith(`-${document.documentElement.lang}`));
  const strategy = item.querySelector("[data-chain] select")?.selectedOptions[0];
  const title = [own, ...titles].find((each) => each?.value.trim());
  const heading = title?.value.trim() || (strategy?.value ? strategy.text : "");
  if (heading) item.querySelectorAll("[data-heading]").forEach((each) => { each.textContent = heading; });
}

form.addEventListener("input", (event) => {
  const item = event.target.closest("[data-slot]");
  if (item) headings(item);
});

// Dragging: the slot follows the pointer among its neighbours; Escape puts it back. Arrow keys on the handle move it.

let drag = null;

function setUp(item) {
  const grip = item.querySelector("[data-grip]");
  grip.hidden = false;
  grip.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || drag) return;
    event.preventDefault();
    move(item, by, grip);
  });
  grip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    grip.focus();
    list.setPointerCapture(event.pointerId);
    drag = { item, before: item.nextElementSibling, pointer: event.pointerId };
    item.classList.add("is-dragged");
    list.classList.add("has-dragged");
  });
}

list.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const others = items().filter((each) => each !== drag.item);
  const middle = (each) => { const box = each.getBoundingClientRect(); return box.top + box.height / 2; };
  const next = others.find((each) => event.clientY < middle(each));
  if (next ? next.previousElementSibling !== drag.item : list.lastElementChild !== drag.item) {
    list.insertBefore(drag.item, next ?? null);
  }
  const edge = 60;
  if (event.clientY < edge) window.scrollBy(0, -12);
  if (event.clientY > window.innerHeight - edge) window.scrollBy(0, 12);
});

function drop(back) {
  if (!drag) return;
  const { item, before } = drag;
  drag = null;
  item.classList.remove("is-dragged");
  list.classList.remove("has-dragged");
  if (back) list.insertBefore(item, before);
  const moved = item.nextElementSibling !== before;
  item.querySelector("[data-grip]").focus();
  if (!moved) return;
  changed();
  say(item);
}

list.addEventListener("pointerup", () => drop(false));
list.addEventListener("lostpointercapture", () => drop(false));
list.addEventListener("pointercancel", () => drop(true));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(true); });

document.querySelectorAll("[data-without-script]").forEach((button) => button.remove());

items().forEach(setUp);
showEnds();

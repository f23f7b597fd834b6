// A form with rows, with script: its row buttons (name="do") fetch the same page and put the new rows in, so that nothing
// jumps. data-row-form has the values of the buttons that send the form as ever, data-rows is what is replaced, data-add
// a field with the button that adds what is typed there, and data-then the field to go on with after a button.
// Without this file the buttons ask the server for the page.

const form = document.querySelector("form[data-row-form]");
const rowsOf = (page) => page.querySelector("form[data-row-form] [data-rows]");

async function press(value) {
  if (form.hasAttribute("aria-busy")) return;
  const data = new FormData(form);
  data.set("do", value);
  const then = form.querySelector(`button[value="${value}"]`)?.dataset.then;
  form.setAttribute("aria-busy", "true");
  rowsOf(document).inert = true; // what were typed now would be lost with the old rows
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    const rows = rowsOf(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (!rows) throw new Error(answer.status);
    rowsOf(document).replaceWith(rows);
    // The fields for products first, whose Enter takes the suggestion that is marked, then ours for what was typed.
    rows.dispatchEvent(new CustomEvent("storefront:added", { bubbles: true }));
    setUpRows(rows);
    form.dispatchEvent(new CustomEvent("storefront:changed"));
    focusAfter(value, then);
  } catch {
    // What the script could not do, the button does by itself.
    rowsOf(document).inert = false;
    const button = document.createElement("button");
    Object.assign(button, { name: "do", value, hidden: true });
    form.append(button);
    form.requestSubmit(button);
  }
  form.removeAttribute("aria-busy");
}

// Where the keyboard goes on: along with a moved row, to the next one of a row that was taken out, to the field for the
// next of what was added, else to what the button names.

function focusAfter(value, then) {
  const [step, ...rest] = value.split("-");
  const place = Number(rest.at(-1));
  const sibling = (number) => [...rest.slice(0, -1), number].join("-");
  const wanted = {
    up: [`up-${sibling(place - 1)}`, `down-${sibling(place - 1)}`],
    down: [`down-${sibling(place + 1)}`, `up-${sibling(place + 1)}`],
    remove: [value, `remove-${sibling(place - 1)}`],
  }[step] ?? [value];
  const buttons = wanted.map((name) => form.querySelector(`button[value="${name}"]:enabled`));
  const button = buttons.find(Boolean) ?? form.querySelector("[data-add] button");
  const field = then ? form.querySelector(then) : button?.closest("[data-add]")?.querySelector("input");
  (field || button)?.focus();
}

function setUpRows(rows) {
  rows.querySelectorAll("[data-add]").forEach((adder) => {
    const input = adder.querySelector("input");
    const add = () => press(adder.querySelector("button[name=do]").value);
    adder.addEventListener("storefront:picked", add);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.defaultPrevented) return;
      event.preventDefault();
      if (input.value.trim()) add();
    });
  });
}

form.addEventListener("submit", (event) => {
  const value = event.submitter?.value ?? "preview";
  if (form.dataset.rowForm.split(" ").includes(value) || event.submitter?.hidden) return;
  event.preventDefault();
  // Enter in a field: the preview follows the form, and the keyboard stays where it is.
  if (value === "preview") form.dispatchEvent(new CustomEvent("storefront:changed"));
  else press(value);
}, { capture: true });
setUpRows(form);

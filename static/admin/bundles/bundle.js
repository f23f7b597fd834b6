// The bundle's form with script: its row buttons fetch the same page and put the new rows in, so that nothing jumps.

const form = document.querySelector("form[data-bundle]");

async function press(value) {
  if (form.hasAttribute("aria-busy")) return;
  const data = new FormData(form);
  data.set("do", value);
  form.setAttribute("aria-busy", "true");
  form.querySelector("[data-rows]").inert = true; // what were typed now would be lost with the old rows
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = page.querySelector("form[data-bundle] [data-rows]");
    if (!rows) throw new Error(answer.status);
    const old = form.querySelector("[data-rows]");
    old.replaceWith(rows);
    // The fields for products first, whose Enter takes the suggestion that is marked, then ours for what was typed.
    rows.dispatchEvent(new CustomEvent("storefront:added", { bubbles: true }));
    setUpRows(rows);
    form.dispatchEvent(new CustomEvent("storefront:changed"));
    focusAfter(value);
  } catch {
    // What the script could not do, the button does by itself.
    form.querySelector("[data-rows]").inert = false;
    const button = document.createElement("button");
    Object.assign(button, { name: "do", value, hidden: true });
    form.append(button);
    form.requestSubmit(button);
  }
  form.removeAttribute("aria-busy");
}

// Where the keyboard goes on: along with a moved row, to the field for the next product after one was added, to the
// first field of what is new.

function focusAfter(value) {
  const [step, ...rest] = value.split("-");
  const row = rest.join("-");
  const place = Number(rest.at(-1));
  const sibling = (number) => [...rest.slice(0, -1), number].join("-");
  const wanted = {
    up: [`up-${sibling(place - 1)}`, `down-${sibling(place - 1)}`],
    down: [`down-${sibling(place + 1)}`, `up-${sibling(place + 1)}`],
    remove: [`remove-${row}`, `remove-${sibling(place - 1)}`, `add-${rest[1]}`],
  }[step] ?? [value];
  const field = {
    add: () => form.querySelector(`[name="tiers-${row}-add"]`),
    currency: () => form.querySelector(`[name^="tiers-${row}-amounts-"][name$="-currency"]:not([type="hidden"])`),
    more: () => [...form.querySelectorAll(".tier")].at(-1).querySelector("input:not([type='hidden'])"),
  }[step]?.();
  const buttons = wanted.map((name) => form.querySelector(`button[value="${name}"]:enabled`));
  (field || buttons.find(Boolean))?.focus();
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

if (form) {
  form.addEventListener("submit", (event) => {
    const value = event.submitter?.value ?? "preview";
    if (["save", "publish"].includes(value) || event.submitter?.hidden) return;
    event.preventDefault();
    // Enter in a field: the preview follows the form, and the keyboard stays where it is.
    if (value === "preview") form.dispatchEvent(new CustomEvent("storefront:changed"));
    else press(value);
  }, { capture: true });
  setUpRows(form);
}

document.querySelectorAll("[data-copy]").forEach((button) => {
  const field = document.getElementById(button.dataset.copy);
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // pages without https have no clipboard
    }
    button.textContent = button.dataset.done;
  });
});

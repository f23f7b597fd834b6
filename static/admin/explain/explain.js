// The page that explains: its fields follow the type of the page, and a product that is picked is explained at once.
// Without this file the button does both.

const form = document.querySelector("[data-explain]");
const placement = form.elements.namedItem("placement");

function follow() {
  const { about } = placement.selectedOptions[0].dataset;
  form.querySelectorAll("[data-for]").forEach((field) => {
    field.hidden = !field.dataset.for.split(" ").includes(about);
    const label = field.getAttribute(`data-label-${about}`);
    if (!label) return;
    field.querySelector("label").textContent = label;
    field.querySelector("[role=listbox]")?.setAttribute("aria-label", label);
  });
}

placement.addEventListener("change", follow);
window.addEventListener("pageshow", follow); // a browser that goes back fills the fields in again
form.addEventListener("storefront:picked", () => form.requestSubmit());

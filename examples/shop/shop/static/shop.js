// The count in the header, and what cart and checkout show of the cart, follow what is added without leaving the page.

for (const kind of ["storefront:added", "storefront:removed"]) {
  document.addEventListener(kind, ({ detail }) => {
    const count = document.querySelector("[data-cart-count]");
    count.textContent = detail.count;
    count.classList.toggle("none", !detail.count);
    refresh();
  });
}

// These parts of the page as it is now; nothing else changes, so that what is typed stays.
async function refresh() {
  const shown = [...document.querySelectorAll("[data-follows-cart]")];
  if (!shown.length) return;
  const response = await fetch(location.href);
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = [...page.querySelectorAll("[data-follows-cart]")];
  if (fresh.length === shown.length) shown.forEach((part, place) => part.replaceWith(fresh[place]));
}

// A decision comes back to the row that follows; and how far the search is, without loading the page again and again:
// when it ends, the page is loaded once.

const WAIT = 1500;

async function follow() {
  const panel = document.querySelector("[data-search=running]");
  if (!panel) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-search]");
    if (answer.ok && now?.dataset.search !== "running") {
      location.reload();
      return;
    }
    if (now) panel.replaceChildren(...now.childNodes);
  } catch {
    // The next look may reach the shop again.
  }
  setTimeout(follow, WAIT);
}

setTimeout(follow, WAIT);

if (location.hash.startsWith("#proposal-")) document.getElementById(location.hash.slice(1))?.focus({ preventScroll: true });

// A button that copies a command. Without script a click selects the whole of it.

function copyable(command) {
  const button = document.createElement("button");
  const text = command.textContent;
  button.type = "button";
  button.className = "link";
  button.textContent = command.dataset.copy;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(command.querySelector("code"));
      return;
    }
    button.textContent = command.dataset.copied;
    setTimeout(() => { button.textContent = command.dataset.copy; }, 2000);
  });
  command.append(button);
}

if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(copyable);

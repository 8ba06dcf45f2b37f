"use strict";
// Filters and folds. Without it everything can be read: it only hides and shows what is there.
(() => {
  const filters = document.getElementById("filters");
  if (!filters) return;
  const search = document.getElementById("address-filter");
  const shown = document.getElementById("shown");
  const buttons = [...filters.querySelectorAll("[aria-pressed]")];
  const sections = [...document.querySelectorAll("section.kind")];
  const changes = [...document.querySelectorAll(".change")].map((element) => ({
    element,
    kind: element.closest("section.kind").dataset.kind,
    action: element.dataset.action,
    address: element.querySelector(".address").textContent.toLowerCase(),
  }));

  const pressed = (name) =>
    new Set(buttons.filter((each) => each.ariaPressed === "true" && name in each.dataset).map((each) => each.dataset[name]));

  function apply() {
    const kinds = pressed("onlyKind");
    const actions = pressed("onlyAction");
    const words = search.value.trim().toLowerCase();
    let count = 0;
    for (const change of changes) {
      const fits =
        (!kinds.size || kinds.has(change.kind)) &&
        (!actions.size || actions.has(change.action)) &&
        change.address.includes(words);
      change.element.hidden = !fits;
      count += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector(".change:not([hidden])");
    const all = changes.length.toLocaleString("en");
    const noun = changes.length === 1 ? "change" : "changes";
    shown.textContent =
      count === changes.length ? `All ${all} ${noun} shown.` : `${count.toLocaleString("en")} of ${all} ${noun} shown.`;
  }

  function showAll() {
    for (const button of buttons) button.ariaPressed = "false";
    search.value = "";
    apply();
  }

  function fold(open) {
    for (const { element } of changes) if (element.matches("details") && !element.hidden) element.open = open;
  }

  // A link leads to a change that is shown, and unfolded.
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const place = target?.closest(".change, section.kind");
    if (!place) return;
    if (place.hidden) showAll();
    if (place.matches("details")) place.open = true;
    place.scrollIntoView();
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
      apply();
    });
  }
  search.addEventListener("input", apply);
  document.getElementById("show-all").addEventListener("click", showAll);
  document.getElementById("unfold-all").addEventListener("click", () => fold(true));
  document.getElementById("fold-all").addEventListener("click", () => fold(false));
  addEventListener("hashchange", follow);

  // What is printed is unfolded, also where the browser does not know the style for it.
  const folded = new Set();
  addEventListener("beforeprint", () => {
    for (const { element } of changes) {
      if (element.matches("details:not([open])")) {
        folded.add(element);
        element.open = true;
      }
    }
  });
  addEventListener("afterprint", () => {
    for (const element of folded) element.open = false;
    folded.clear();
  });

  filters.hidden = false;
  apply();
  follow();
})();

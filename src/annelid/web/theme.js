// A classic script in the head, so that the page never shows in the wrong colours first.
(() => {
  const KEY = "annelid.theme";
  const light = matchMedia("(prefers-color-scheme: light)");

  function chosen() {
    try {
      return localStorage.getItem(KEY) ?? "dark";
    } catch {
      return "dark"; // storage is forbidden
    }
  }

  function show() {
    const isLight = chosen() === "light" || (chosen() === "system" && light.matches);
    document.documentElement.dataset.theme = isLight ? "light" : "dark";
  }

  show();
  light.addEventListener("change", show);
  addEventListener("storage", show);
  addEventListener("annelid-theme", show);
})();

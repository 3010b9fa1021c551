/* What a script adds to pages that work without one: keys in the search field, focus that is never
   lost, and a way on when the server cannot be reached.

   Going back in the browser puts another body in place of the one that was there. So listeners are
   on the document, and elements are looked up when they are needed. */
(() => {
  "use strict";
  const element = (id) => document.getElementById(id);
  const options = () => [...element("hits").querySelectorAll("a")];
  const marked = () => options().findIndex((hit) => hit.getAttribute("aria-selected") === "true");

  const mark = (next) => {
    const all = options();
    const at = (next + all.length) % all.length;
    all.forEach((hit, place) => hit.setAttribute("aria-selected", String(place === at)));
    element("q").setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const opened = () => {
    element("q").removeAttribute("aria-activedescendant");
    element("q").setAttribute("aria-expanded", String(element("hits").childElementCount > 0));
  };
  const close = () => {
    element("hits").replaceChildren();
    opened();
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "q") return;
    const open = options().length > 0;
    const at = marked();
    if (event.key === "ArrowDown" && open) mark(at + 1);
    else if (event.key === "ArrowUp" && open) mark(at < 0 ? -1 : at - 1);
    else if (event.key === "Enter" && at >= 0) location.assign(options()[at].href);
    else if (event.key === "Escape" && element("hits").childElementCount) close();
    else return;
    event.preventDefault();
  });
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest?.("form.search");
    if (form && !form.contains(event.relatedTarget)) setTimeout(close, 150);
  });

  /* What a slider says follows it while it is moved; the server says the same of where it stops. */
  document.addEventListener("input", (event) => {
    const slider = event.target;
    if (slider.type !== "range" || !slider.dataset.right) return;
    const value = Number(slider.value);
    const end = value < 0 ? slider.dataset.left : slider.dataset.right;
    const rest = slider.min < 0 ? "Neither" : slider.dataset.left;
    const text = value === 0 ? rest : `${Math.round(Math.abs(value) * 100)} % ${end}`;
    slider.setAttribute("aria-valuetext", text);
  });

  /* A press on a button may take the button away: the keyboard then stays on the same card. */
  let pressed = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || element("notice").contains(button)) return;
    const place = button.closest("[id^='c'], li[id]");
    const title = (button.value || "").split(":")[2];
    pressed = { button, id: button.id, place: place ? place.id : title ? `c${title}` : "" };
  });
  document.addEventListener("htmx:after:swap", () => {
    opened();
    if (!pressed || (document.activeElement && document.activeElement !== document.body)) return;
    const place = element(pressed.place);
    const target = (pressed.id && element(pressed.id)) ||
      (place && place.querySelector("button, a, summary")) || element("live");
    if (target) target.focus({ preventScroll: true });
  });

  /* Without the server the page stays as it is: what was pressed was not kept, and one press more
     tries it again. */
  let again = null;
  const tell = (text, retry) => {
    again = retry;
    const line = document.createElement("p");
    line.textContent = `${text} `;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => again());
    line.append(button);
    element("notice").replaceChildren(line);
  };
  const clear = () => {
    again = null;
    element("notice").replaceChildren();
  };
  const knock = () => fetch("/api/v1/health/live", { cache: "no-store" })
    .then((answer) => answer.ok && clear(), () => {});
  const send = (form, button) =>
    form.requestSubmit(button && button.isConnected && button.form === form ? button : null);
  document.addEventListener("htmx:error", (event) => {
    const source = event.detail.ctx.sourceElement;
    const form = source.form || source.closest("form");
    const button = pressed && pressed.button;
    const says = form && form.method === "post" ? ", so your last press was not kept" : "";
    tell(`The server cannot be reached${says}.`, form ? () => send(form, button) : knock);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='/']");
    if (!link || navigator.onLine || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    tell("You are offline, so that page has to wait.", () => link.click());
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (navigator.onLine || form.matches("[hx-post], [hx-get]")) return;
    event.preventDefault();
    tell("You are offline, so nothing was sent.", () => send(form, event.submitter));
  });
  addEventListener("offline", () => tell("You are offline. What you see is from before.", knock));
  addEventListener("online", () => {
    if (again === knock) clear();
    else if (again) tell("You are online again.", again);
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response?.raw?.ok) clear();
  });
})();

/* What a script adds to pages that work without one: keys in the search field, focus that is never
   lost, and a way on when the server cannot be reached. */
(() => {
  "use strict";
  const field = document.getElementById("q");
  const list = document.getElementById("hits");
  const notice = document.getElementById("notice");
  const options = () => [...list.querySelectorAll("a")];
  let at = -1;

  const mark = (next) => {
    const all = options();
    at = all.length ? (next + all.length) % all.length : -1;
    all.forEach((hit, place) => hit.setAttribute("aria-selected", String(place === at)));
    if (at < 0) field.removeAttribute("aria-activedescendant");
    else {
      field.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    }
  };
  const close = () => {
    list.replaceChildren();
    at = -1;
    field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-expanded", "false");
  };
  field.addEventListener("keydown", (event) => {
    const open = options().length > 0;
    if (event.key === "ArrowDown" && open) mark(at + 1);
    else if (event.key === "ArrowUp" && open) mark(at < 0 ? -1 : at - 1);
    else if (event.key === "Enter" && at >= 0) location.assign(options()[at].href);
    else if (event.key === "Escape" && list.childElementCount) close();
    else return;
    event.preventDefault();
  });
  field.form.addEventListener("focusout", (event) => {
    if (!field.form.contains(event.relatedTarget)) setTimeout(close, 150);
  });

  /* A press on a button may take the button away: the keyboard then stays on the same card. */
  let pressed = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || notice.contains(button)) return;
    const place = button.closest("[id^='c'], li[id]");
    const title = (button.value || "").split(":")[2];
    pressed = { button, id: button.id, place: place ? place.id : title ? `c${title}` : "" };
  });
  document.addEventListener("htmx:after:swap", () => {
    if (list.childElementCount) {
      at = -1;
      field.setAttribute("aria-expanded", "true");
    } else field.setAttribute("aria-expanded", "false");
    if (!pressed || (document.activeElement && document.activeElement !== document.body)) return;
    const place = document.getElementById(pressed.place);
    const target = (pressed.id && document.getElementById(pressed.id)) ||
      (place && place.querySelector("button, a, summary")) || document.getElementById("live");
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
    notice.replaceChildren(line);
  };
  const clear = () => {
    again = null;
    notice.replaceChildren();
  };
  const knock = () => fetch("/live", { cache: "no-store" }).then(clear, () => {});
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

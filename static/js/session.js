// Two minutes before the session ends a dialog says so; any key that presses its button goes on. Typing goes on by
// itself. All tabs of the admin share the moment, in local storage.
"use strict";
{
  const SOON = 2 * 60 * 1000, EVERY = 5 * 60 * 1000, MOMENT = "session-ends"; // milliseconds
  const box = document.getElementById("session-ends");
  const begin = (seconds) => localStorage.setItem(MOMENT, Date.now() + seconds * 1000);
  const left = () => localStorage.getItem(MOMENT) - Date.now();
  let typed = false, asked = Date.now(), shown = "";

  async function goOn() {
    typed = false;
    asked = Date.now();
    const answer = await fetch(box.dataset.address, { redirect: "error" }).catch(() => null);
    if (answer?.ok) begin((await answer.json()).seconds);
  }

  function look() {
    if (typed && left() > 0 && Date.now() - asked > EVERY) goOn();
    const state = left() > SOON ? "" : left() > 0 ? "soon" : "ended";
    if (state === shown) return;
    shown = state;
    box.querySelector(".soon").hidden = state === "ended";
    box.querySelector(".ended").replaceChildren(...(state === "ended" ? [box.querySelector("template").content.cloneNode(true)] : []));
    if (state === "") box.close(); // another tab has gone on
    else if (!box.open) box.showModal();
  }

  begin(box.dataset.seconds);
  document.addEventListener("input", () => { typed = true; });
  // Signing out leaves nothing in the browser; the other tabs see that the session has ended.
  document.getElementById("logout-form")?.addEventListener("submit", () => localStorage.removeItem(MOMENT));
  box.addEventListener("close", () => { if (left() > 0) goOn(); });
  setInterval(look, 1000);
}

// Where several forms stand on one page: asks before one is sent, or the page left, while another has unsent text.
"use strict";
{
  const forms = [...document.querySelectorAll(".deciding form")];
  const text = (form) => new URLSearchParams(new FormData(form)).toString();
  const opened = new Map(forms.map((form) => [form, form.querySelector(".errorlist") ? "" : text(form)]));
  let sent = null;
  document.addEventListener("submit", (event) => {
    sent = event.target;
    setTimeout(() => { sent = null; }, 3000); // when the question was answered with staying
  });
  window.addEventListener("beforeunload", (event) => {
    if (forms.some((form) => form !== sent && text(form) !== opened.get(form))) event.preventDefault();
  });
}

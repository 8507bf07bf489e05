// The button of the publish page says what it does: publishes now, or at the moment that is chosen.
"use strict";
{
  const button = document.querySelector("#publish-form [data-later]");
  if (button) {
    const now = button.textContent, starts = document.querySelector("#publish-form [name=starts]");
    const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
    const words = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
    const say = () => {
      button.textContent = starts.value ? `${button.dataset.later} ${words.format(new Date(starts.value))}` : now;
    };
    starts.addEventListener("input", say);
    say();
  }
}

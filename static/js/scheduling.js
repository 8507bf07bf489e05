// The button of the publish page says what it does: publishes now, or at the moment that is chosen.
"use strict";
{
  const button = document.querySelector("#publish-form [data-later]");
  if (button) {
    const now = button.textContent, starts = document.querySelector("#publish-form [name=starts]");
    const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
    const day = new Intl.DateTimeFormat(language, { dateStyle: "full" });
    const at = { fi: "klo", sv: "kl." }[language] ?? "at", point = language === "en-GB" ? ":" : ".";
    const say = () => {
      const [, hours, minutes] = starts.value.match(/T0?(\d+):(\d+)/) ?? [];
      button.textContent = hours ? `${button.dataset.later} ${day.format(new Date(starts.value))} ${at} ${hours}${point}${minutes}` : now;
    };
    starts.addEventListener("input", say);
    say();
  }
}

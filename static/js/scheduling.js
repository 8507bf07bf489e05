// The button of the publish page says what it does: publishes now, or at the moment that is chosen.
"use strict";
{
  const button = document.querySelector("#publish-form [data-later]");
  if (button) {
    const now = button.textContent, starts = document.querySelector("#publish-form [name=starts]");
    const language = document.documentElement.lang;
    const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "full" });
    // As the timeline has it; a browser's own words for the time of day differ between languages and versions.
    const time = (hours, minutes) => {
      if (language === "fi") return `klo ${Number(hours)}.${minutes}`;
      if (language === "sv") return `kl. ${Number(hours)}.${minutes}`;
      return `at ${hours}:${minutes}`;
    };
    const say = () => {
      const [, hours, minutes] = starts.value.match(/T(\d+):(\d+)/) ?? [];
      if (hours) button.textContent = `${button.dataset.later} ${day.format(new Date(starts.value))} ${time(hours, minutes)}`;
      else button.textContent = now;
    };
    starts.addEventListener("input", say);
    say();
  }
}

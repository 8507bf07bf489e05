// Addresses as they are pasted: without the wrappers of mail programs and search engines, and without what only counts
// visits. The rest of an address stays letter by letter.
"use strict";
const KEPT_LINK = /^(https?:\/\/[^\s/?#]+(?=[/?#]|$)|mailto:[^\s]|tel:[^\s]|\/(?![/\\]))/i;
const WEB_ADDRESS = /\bhttps?:\/\/[^\s<>"”»]*[^\s<>"”»'’.,;:!?)\]]/gi;
const EMAIL = /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/;
// Host, path and the parameter that holds the address.
const WRAPPERS = [
  [/safelinks?\.(protection\.)?(outlook|office365|partner\.outlook)\./, /^\//, ["url"]],
  [/^statics\.teams\./, /safelinks/, ["url"]],
  [/^(www\.)?google\.[a-z.]+$/, /^\/url$/, ["q", "url"]],
  [/^lm?\.(facebook|instagram)\.com$/, /^\//, ["u"]],
  [/^(www\.)?linkedin\.com$/, /^\/(redir\/redirect|safety\/go)/, ["url"]],
  [/^(www\.)?youtube\.com$/, /^\/redirect$/, ["q"]],
  [/^slack-redir\.net$/, /^\/link$/, ["url"]],
];
const COUNTERS = [
  "utm_\\w+", "mtm_\\w+", "pk_\\w+", "piwik_\\w+", "matomo_\\w+", "hsa_\\w+", "mc_[ce]id", "_hs\\w+", "__hs\\w+",
  "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_\\w+", "fbclid", "msclkid", "yclid", "twclid", "ttclid",
  "li_fat_id", "igshid", "igsh", "mkt_tok", "srsltid", "_ga", "_gl", "s_kwcid", "ef_id", "vero_id", "oly_\\w+_id",
].join("|");
const COUNTER_AFTER_OTHERS = new RegExp(`[&;](amp;)?(${COUNTERS})(=[^&;#]*)?(?=[&;#]|$)`, "gi");
const COUNTER_FIRST = new RegExp(`([?#])(amp;)?(${COUNTERS})(=[^&;#]*)?(&(amp;)?|;|(?=#|$))`, "gi");

function withoutCounters(href) {
  const rest = href.replace(COUNTER_AFTER_OTHERS, "").replace(COUNTER_FIRST, "$1");
  return rest === href ? href : rest.replace(/\?(?=#|$)/, "").replace(/#$/, "");
}

// The address within a wrapper, or null.
function wrapped(href) {
  let url;
  try { url = new URL(href); } catch { return null; }
  const proofpoint = /^urldefense\./.test(url.hostname) && /\/v3\/__(.+?)__;/.exec(href);
  if (proofpoint) return proofpoint[1];
  for (const [host, path, names] of WRAPPERS) {
    if (!host.test(url.hostname) || !path.test(url.pathname)) continue;
    return names.map((name) => url.searchParams.get(name)).find(Boolean) ?? null;
  }
  return null;
}

// What a reader follows, or "" for what nobody outside can: a file, a place in another document, a script.
function cleanAddress(written) {
  let href = written.replace(/[\t\r\n]/g, "").replace(/\s/g, " ").replace(/[\u2010\u2011]/g, "-").trim();
  if (/^https?%3a/i.test(href)) try { href = decodeURIComponent(href); } catch { /* it is no address then */ }
  if (/^www\.[^\s/]/i.test(href)) href = `https://${href}`;
  else if (EMAIL.test(href)) href = `mailto:${href}`;
  if (/^(mailto|tel):/i.test(href)) href = href.replace(/[\u2010-\u2015\u2212]/g, "-");
  if (!KEPT_LINK.test(href) || (/^http/i.test(href) && !URL.canParse(href))) return "";
  const inner = wrapped(href);
  return (inner && cleanAddress(inner)) || withoutCounters(href);
}

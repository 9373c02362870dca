"""Opens pages in a real Chromium, headless and with an empty profile, and prints what a reader would see, as JSON.

Run by a Python that has playwright; the job stands on standard input: {"chromium", "net_log", "visits": [{"page",
"lacks", "paste", "keys", "who", "entries", "shot"}]}. ``lacks`` names algorithms that the browser shall not know.
"""

import json
import sys
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

LACKING = """
const known = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...more) {
  if (LACKS.includes(algorithm.name ?? algorithm)) {
    return Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'));
  }
  return known.call(this, format, key, algorithm, ...more);
};
"""
# Names lead nowhere, so that the browser's own errands stay on the machine.
FLAGS = ["--no-sandbox", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
LIMIT_MS = 60_000


def visit(browser: Browser, job: dict[str, Any]) -> dict[str, Any]:
    """Open one page, wait until it has spoken, and read it."""
    context = browser.new_context()
    requests: list[str] = []
    troubles: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    if job.get("lacks"):
        context.add_init_script(LACKING.replace("LACKS", json.dumps(job["lacks"])))
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text))
    page.goto(f"file://{job['page']}")
    if job.get("runs", True):
        page.wait_for_selector("body[data-done]", timeout=LIMIT_MS)
    seen = read(page, job)
    context.close()
    return {**seen, "requests": requests, "troubles": troubles}


def read(page: Page, job: dict[str, Any]) -> dict[str, Any]:
    """What stands on the page, and what it answers to what the job pastes and types."""
    seen: dict[str, Any] = {
        "tone": (page.get_attribute("#verdict", "class") or "").split()[-1],
        "verdict": page.inner_text("#verdict"),
        "seal": page.inner_text("#seal"),
        "checked": page.locator("#checked li").all_inner_texts(),
        "unchecked": page.locator("#unchecked li").all_inner_texts(),
        "groups": page.inner_text("#groups"),
        "seals": [answer(page, "#older", "#compare", "#comparison", text) for text in job.get("paste", [])],
        "keys": [answer(page, "#printed", "#same-key", "#key-result", text) for text in job.get("keys", [])],
    }
    if job.get("entries"):
        seen["entries"] = page.locator("#entries .says").all_text_contents()
    if "who" in job:
        page.fill("#who", job["who"])
        seen["hits"] = page.inner_text("#hits")
        seen["shown"] = page.locator("#entries li:visible .says").all_text_contents()
    if "shot" in job:
        page.screenshot(path=job["shot"], full_page=True)
    return seen


def answer(page: Page, box: str, button: str, result: str, text: str) -> list[str]:
    """Tone and words of the page's answer to a text pasted into ``box``."""
    page.locator(result).evaluate("element => { element.textContent = ''; }")
    page.fill(box, text)
    page.click(button)
    page.locator(f"{result}:not(:empty)").wait_for(timeout=LIMIT_MS)
    return [(page.get_attribute(result, "class") or "").split()[-1], page.inner_text(result)]


def main() -> None:
    """Do the job on standard input."""
    job = json.load(sys.stdin)
    flags = [*FLAGS, f"--log-net-log={job['net_log']}", "--net-log-capture-mode=Everything"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=job["chromium"], args=flags, headless=True)
        print(json.dumps([visit(browser, one) for one in job["visits"]]))
        browser.close()


if __name__ == "__main__":
    main()

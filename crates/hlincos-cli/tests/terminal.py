"""A clinician at a terminal, in a real browser: Playwright with the system's Chromium.

Reads lines of JSON from standard input, one step each, and answers each with a line of JSON.
`hlincos-cli/tests/it/terminal.rs` says what the steps mean and what must be true after them.
"""
import json
import sys

from playwright.sync_api import sync_playwright


def facts(page):
    """What a test wants to know of the page as it stands."""
    return page.evaluate(
        """() => ({
            url: location.pathname + location.search,
            text: document.body.innerText,
            allergies: (document.querySelector('#allergies') || {}).className || '',
            red: document.querySelector('#allergies')
                ? getComputedStyle(document.querySelector('#allergies')).borderTopColor : '',
            link: (document.querySelector('#link .dot') || {}).className || '',
            warnings: (document.querySelector('#warnings') || {}).innerText || '',
        })"""
    )


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
        context = browser.new_context(
            java_script_enabled=sys.argv[2] == "script", viewport={"width": 1280, "height": 1000}
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        for line in sys.stdin:
            step = json.loads(line)
            told = {}
            match step["do"]:
                case "open":
                    page.goto(step["url"])
                case "fill":
                    page.fill(step["into"], step["text"])
                case "click":
                    page.click(step["on"])
                    page.wait_for_load_state()
                case "key":
                    page.keyboard.press(step["key"])
                    told["focus"] = page.evaluate(
                        "() => document.activeElement.className || document.activeElement.id"
                    )
                case "until":
                    page.wait_for_selector(step["selector"])
                case "size":
                    page.set_viewport_size({"width": step["width"], "height": step["height"]})
                    told["overflow"] = page.evaluate(
                        "() => document.documentElement.scrollWidth - innerWidth"
                    )
                case "picture":
                    page.screenshot(path=step["path"], full_page=True)
                case "print":
                    told["pdf"] = len(page.pdf(path=step["path"], format="A4"))
                    page.emulate_media(media="print")
                    told["buttons"] = page.locator(".bar button:visible").count()
                    told["sticky"] = page.evaluate(
                        "() => getComputedStyle(document.querySelector('header.id')).position"
                    )
                    page.emulate_media(media="screen")
                case "download":
                    with page.expect_download() as waiting:
                        page.click(step["on"])
                    told["name"] = waiting.value.suggested_filename
                case "facts":
                    pass
            print(json.dumps(told | facts(page)), flush=True)
        browser.close()


main()

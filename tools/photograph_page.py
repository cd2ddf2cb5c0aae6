"""Write docs/images/page.png, the README's picture of a page: python tools/photograph_page.py

Needs Debian's chromium and chromium-driver, and selenium.
"""

import shutil
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from occlusion_sensitivity import explain

DOCS = Path(__file__).parents[1] / "docs"


def photograph(output):
    result = explain(DOCS / "photographs" / "rocket.jpg", fit="crop", top=3)
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars", "window-size=1000,1120"):
        options.add_argument(f"--{argument}")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        result.save(page)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        browser.get(page.as_uri())
        WebDriverWait(browser, 30).until(
            lambda _: browser.execute_script("return document.body.dataset.ready") == "true"
        )
        browser.save_screenshot(str(output))
        browser.quit()


if __name__ == "__main__":
    photograph(DOCS / "images" / "page.png")

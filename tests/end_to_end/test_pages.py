"""Pages to explore, in a real browser: what a reader points at is what the arrays hold."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import networks
from occlusion_sensitivity import explain, importNetworkFromONNX, imresize, map_page
from occlusion_sensitivity.cli import main

SEED = 15
NAMES = ["cat", "</script><b id='x'>dog</b>", '猫 & "quotes"', "fish"]


class Reader:
    """Somebody who opens a page, and points at things."""

    def __init__(self, browser, file):
        self.browser = browser
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(file.as_uri())
        self.until(lambda: browser.execute_script("return document.body.dataset.ready") == "true")

    def until(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.browser, 30).until(lambda _: condition())

    def element(self, name):
        return self.browser.find_element("id", name)

    @property
    def words(self):
        return self.element("values").text

    def point(self, down, right):
        """Move the pointer to a place of the picture, 0…1."""
        from selenium.webdriver.common.action_chains import ActionChains

        picture = self.element("picture")
        width, height = picture.size["width"], picture.size["height"]
        across, along = round((right - 0.5) * (width - 4)), round((down - 0.5) * (height - 4))
        ActionChains(self.browser).move_to_element_with_offset(picture, across, along).perform()

    def press(self, name, key, times=1):
        for _ in range(times):
            self.element(name).send_keys(key)

    def place_and_value(self):
        row, column, value = re.match(r"Row (\d+), column (\d+): (-?[\d.e-]+)\.( |$)", self.words).group(1, 2, 3)
        return int(row), int(column), float(value)

    def mask(self):
        row0, row1, column0, column1, verb, drop = re.search(
            r"The nearest mask, rows (\d+)–(\d+) and columns (\d+)–(\d+), (raises|lowers) .* by ([\d.e-]+)\.$",
            self.words,
        ).groups()
        return (int(row0), int(row1), int(column0), int(column1)), float(drop) * (1 if verb == "lowers" else -1)

    def shown(self):
        """The pixels of the picture, as the screen has them."""
        import io

        with Image.open(io.BytesIO(self.element("picture").screenshot_as_png)) as picture:
            return np.asarray(picture.convert("RGB")).astype(int)

    def complaints(self):
        return [entry for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]

    def addresses(self):
        """What was asked for, from wherever."""
        found = set()
        for entry in self.browser.get_log("performance"):
            found |= set(re.findall(r'"requestWillBeSent".*?"url":"([^"]*)"', entry["message"]))
        return found


@pytest.fixture
def net(tmp_path):
    print(f"seed {SEED}")
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(SEED)))


def photograph(rows, cols):
    y, x = np.mgrid[0:rows, 0:cols]
    return np.stack([y * 255 / rows, x * 255 / cols, 128 + 100 * np.sin((x + y) / 9)], axis=2).astype(np.uint8)


def read_value(printed):
    """Numbers are printed with four digits, or three that are not zero."""
    return pytest.approx(printed, abs=6e-5, rel=6e-3)


@pytest.mark.parametrize("fit", ["squash", "crop"])
@pytest.mark.parametrize("upsampling", ["bicubic", "nearest", "none"])
def test_values_under_the_pointer(browser, net, tmp_path, fit, upsampling):
    how = {"pixel_range": 1, "Stride": 2, "MaskSize": 3, "OutputUpsampling": upsampling}
    result = explain(photograph(300, 500), net, NAMES, channel=1, fit=fit, **how)
    result.page().save(tmp_path / "page.html")
    reader = Reader(browser, tmp_path / "page.html")
    row0, _, col0, _ = result.boxes.min(axis=(0, 1)).round().astype(int)
    _, row1, _, col1 = result.boxes.max(axis=(0, 1)).round().astype(int)
    method = "bicubic" if upsampling == "bicubic" else "nearest"
    expected = imresize(result.grid, [row1 - row0, col1 - col0], method)
    middles = (result.boxes[..., ::2] + result.boxes[..., 1::2]) / 2
    rng = np.random.default_rng(SEED)
    for down, right in [(0.5, 0.5), (0.31, 0.44), (0.95, 0.52), *rng.uniform(0, 1, (5, 2))]:
        reader.point(down, right)
        if not col0 <= right * 500 < col1:
            if not col0 - 5 < right * 500 < col1 + 5:
                assert reader.words.endswith("the network did not see this part.")
            continue
        row, column, value = reader.place_and_value()
        assert abs(row - down * 300) <= 3
        assert abs(column - right * 500) <= 3
        assert expected[row - 1 - row0, column - 1 - col0] == read_value(value)
        distance = ((middles - [row - 0.5, column - 0.5]) ** 2).sum(axis=2)
        box, drop = reader.mask()
        k = np.argwhere(distance <= distance.min() * 1.01 + 1e-9)
        candidates = {tuple(np.round(result.boxes[tuple(place)] + [1, 0, 1, 0]).astype(int)): place for place in k}
        near = [place for known, place in candidates.items() if np.abs(np.subtract(known, box)).max() <= 1]
        assert near, (box, candidates)
        assert result.grid[tuple(near[0])] == read_value(drop)
    assert reader.complaints() == []


def test_classes_opacity_and_threshold(browser, net, tmp_path):
    result = explain(photograph(300, 400), net, NAMES, channel=[4, 2, 3], pixel_range=1, Stride=2, MaskSize=3)
    result.save(tmp_path / "page.html")
    reader = Reader(browser, tmp_path / "page.html")
    assert not browser.find_elements("id", "x")  # a class name is text, whatever is in it
    options = [option.text for option in reader.element("class").find_elements("tag name", "option")]
    assert [option.partition(": probability")[0] for option in options] == result.classes
    for k in range(3):
        reader.element("class").find_elements("tag name", "option")[k].click()
        reader.point(0.4, 0.6)
        row, column, value = reader.place_and_value()
        assert imresize(result.grid[..., k], [300, 400])[row - 1, column - 1] == read_value(value)
    strongest = np.unravel_index(result.grid[..., 0].argmax(), result.grid.shape[:2])
    reader.element("class").find_elements("tag name", "option")[0].click()
    reader.point(0.02, 0.02)
    coloured = reader.shown()
    reader.press("threshold", "\ue010")  # End: only what is as strong as the strongest is left
    hidden = reader.shown()
    reader.press("threshold", "\ue011")  # Home
    reader.press("opacity", "\ue011")
    plain = reader.shown()
    assert np.abs(coloured - plain).max() > 60
    assert (np.abs(hidden - plain).max(axis=2) > 8).mean() < 0.35 * (np.abs(coloured - plain).max(axis=2) > 8).mean()
    scale = plain.shape[1] / 400
    row0, row1, col0, col1 = (result.boxes[strongest] * scale).astype(int)
    inside = np.abs(coloured - plain)[row0:row1, col0:col1].max(axis=2)
    assert inside.max() > 60  # the strongest mask is where its colour is
    # Plain, it is the photograph.
    expected = np.asarray(Image.fromarray(result.photograph).resize((plain.shape[1], plain.shape[0]), Image.BILINEAR))
    assert np.abs(plain - expected)[60:-10, 60:-10].mean() < 4
    assert reader.complaints() == []


def test_by_keys(browser, net, tmp_path):
    """From mask to mask: each once, to the last one."""
    result = explain(
        photograph(300, 400), net, NAMES, channel=1, pixel_range=1, Stride=1, MaskSize=4, MaskClipping="off"
    )
    result.save(tmp_path / "page.html")
    reader = Reader(browser, tmp_path / "page.html")
    # the strongest mask is shown at first
    row, column = np.unravel_index(result.grid.argmax(), result.grid.shape)
    rows, columns = result.grid.shape
    ways = [
        ("\ue013", -1, 0, row + 1),
        ("\ue012", 0, -1, column + 1),
        ("\ue015", 1, 0, rows),
        ("\ue014", 0, 1, columns),
    ]
    for key, down, right, times in ways:  # up, left, down, right
        for _ in range(times):
            box, drop = reader.mask()
            assert drop == read_value(float(result.grid[row, column]))
            assert np.abs(np.array(box) - result.boxes[row, column] - [1, 0, 1, 0]).max() <= 1
            reader.press("picture", key)
            row, column = np.clip([row + down, column + right], 0, [rows - 1, columns - 1])
    assert (row, column) == (rows - 1, columns - 1)
    assert reader.complaints() == []


def test_keys_of_the_browser_stay_its_own(browser, tmp_path):
    map_page(np.eye(4), photograph(60, 80)).save(tmp_path / "page.html")
    reader = Reader(browser, tmp_path / "page.html")
    words = reader.words
    is_taken = browser.execute_script(
        "return ['altKey', 'ctrlKey', 'metaKey'].map((modifier) => !document.getElementById('picture').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ArrowLeft', cancelable: true, [modifier]: true})))"
    )
    assert is_taken == [False, False, False]
    assert reader.words == words


@pytest.mark.parametrize("shift", [0, 7])
def test_masks_that_lie_anywhere(browser, tmp_path, shift):
    """In rows and columns, or not."""
    places = np.arange(6).reshape(2, 3)
    down, across = np.divmod(places, 3)
    boxes = np.stack([30 * down, 30 * down + 25, 20 * across + shift * down, 20 * across + 15 + shift * down], axis=2)
    map_page(places - 2.5, photograph(60, 80), boxes=boxes, upsampling="nearest").save(tmp_path / "page.html")
    reader = Reader(browser, tmp_path / "page.html")
    for k in range(6):
        row0, row1, column0, column1 = boxes.reshape(-1, 4)[k]
        reader.point((row0 + row1) / 120, (column0 + column1) / 160)
        assert reader.mask() == ((row0 + 1, row1, column0 + 1, column1), k - 2.5)


def test_the_strongest_mask_may_change_nothing(browser, tmp_path):
    """No drop at all is stronger than a rise."""
    grid, boxes = np.array([[0.0, -5.0]]), np.array([[[0, 60, 0, 40], [0, 60, 40, 80]]])
    map_page(grid, photograph(60, 80), boxes=boxes).save(tmp_path / "page.html")
    assert Reader(browser, tmp_path / "page.html").mask() == ((1, 60, 1, 40), 0)


def test_the_tabulator_stops_at_what_has_a_name(browser, tmp_path):
    map_page(np.ones((4, 4, 2)), photograph(60, 80)).save(tmp_path / "page.html")
    reader = Reader(browser, tmp_path / "page.html")
    stops = []
    for _ in range(5):
        browser.switch_to.active_element.send_keys("\ue004")
        stops.append(browser.execute_script("return document.activeElement.id"))
    assert stops[:4] == ["class", "opacity", "threshold", "picture"]
    assert stops[4] in ("", "class")  # the end of the page, and its beginning
    assert browser.execute_script("return document.activeElement.closest('#picture')") is None
    assert reader.complaints() == []


def test_by_touch_on_a_phone(browser, net, tmp_path):
    result = explain(photograph(300, 400), net, NAMES, channel=[1, 2], pixel_range=1)
    result.save(tmp_path / "page.html")
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 3, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        reader = Reader(browser, tmp_path / "page.html")
        assert browser.execute_script("return document.documentElement.scrollWidth <= 360")
        place = browser.execute_script(
            "const box = document.getElementById('picture').getBoundingClientRect();"
            "return [box.left + box.width / 4, box.top + box.height / 2]"
        )
        touch = {"type": "touchStart", "touchPoints": [{"x": place[0], "y": place[1]}]}
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", touch)
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        row, column, value = reader.place_and_value()
        assert abs(row - 150) <= 3
        assert abs(column - 100) <= 3
        assert imresize(result.grid[..., 0], [300, 400])[row - 1, column - 1] == read_value(value)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def sizes_on_a_phone(browser, file):
    """How wide a page is on a screen of 360 pixels, and how high each cell of its tables, but for those of pictures."""
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        browser.get(file.as_uri())
        return browser.execute_script(
            "const cells = [...document.querySelectorAll('td:not([colspan])')];"
            "return [document.documentElement.scrollWidth, cells.map((cell) => cell.getBoundingClientRect().height)]"
        )
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_long_names_fit_on_a_phone(browser, tmp_path):
    name = "IMG_20261125_090552_a_photograph_of_nobody_knows_what_HDR.jpeg"
    map_page(np.eye(4), photograph(60, 80), classNames=name, title=name).save(tmp_path / "page.html")
    width, _ = sizes_on_a_phone(browser, tmp_path / "page.html")
    assert width == 360


def test_the_page_of_parity_fits_on_a_phone(browser, tmp_path):
    """Its table scrolls by itself, and no number is broken in two."""
    assert main(["parity", "automatic_texts", "batch_of_*", "--html", str(tmp_path / "parity.html")]) == 0
    width, heights = sizes_on_a_phone(browser, tmp_path / "parity.html")
    assert width == 360
    assert max(heights) < 60  # two lines, as lines break at spaces alone


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_light_and_dark(browser, net, tmp_path, scheme, is_dark):
    explain(photograph(30, 40), net, channel=1, pixel_range=1).save(tmp_path / "page.html")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        Reader(browser, tmp_path / "page.html")
        colours = browser.execute_script(
            "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"
        )
        paper, ink = (np.mean([int(x) for x in re.findall(r"\d+", colour)[:3]]) for colour in colours)
        assert (paper < ink) == is_dark
        assert abs(paper - ink) > 150
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_command_writes_a_page_that_needs_nothing_else(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(SEED).integers(0, 256, (1200, 1600, 3)).astype(np.uint8)
    Image.fromarray(noise).save("noise.png")
    assert main(["explain", "noise.png", "--top", "5", "--output", "noise.html"]) == 0
    assert Path("noise.html").stat().st_size < 3_000_000  # a photograph that no other needs more for
    reader = Reader(browser, tmp_path / "noise.html")
    outside = {address for address in reader.addresses() if not address.startswith(("file:", "data:", "blob:"))}
    assert outside == set()
    assert reader.complaints() == []
    table = browser.find_element("tag name", "table").text
    for said in ("noise.png", "1200×1600", "efficientnet-lite0.onnx", "45×45", "22×22", "0 to 255", "bicubic"):
        assert said in table
    assert len(re.findall(r"\b[0-9a-f]{64}\b", table)) == 2  # of the photograph and of the network
    for package in ("occlusion-sensitivity", "onnxruntime", "numpy", "Python"):
        assert re.search(rf"^{package} \d+\.\d+", table, re.MULTILINE)


def test_map_page_of_ones_own_arrays(browser, tmp_path):
    rng = np.random.default_rng(SEED)
    maps = rng.normal(size=(60, 80, 2)).astype(np.float32)
    maps[10, 20, 0] = np.nan
    page = map_page(maps, photograph(60, 80), classNames=["a", "b"], title="mine", details={"by": "<me>"})
    page.save(tmp_path / "page.html")
    reader = Reader(browser, tmp_path / "page.html")
    for down, right in ((0.5, 0.5), (0.1, 0.9), (0.72, 0.33)):
        reader.point(down, right)
        row, column, value = reader.place_and_value()
        enlarged = imresize(maps[..., 0], [360, 480])
        assert np.abs(enlarged[6 * row - 6 : 6 * row, 6 * column - 6 : 6 * column] - value).min() < 1e-4
    assert "<me>" in browser.find_element("tag name", "table").text
    assert browser.title == "mine"
    assert reader.complaints() == []


def test_a_notebook_shows_the_page(browser, tmp_path):
    """In a frame whose text is in an attribute."""
    page = map_page(np.eye(4), photograph(60, 80), title='"quoted" & <b>')
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><body>{page._repr_html_()}</body>", encoding="utf-8")
    browser.get((tmp_path / "notebook.html").as_uri())
    browser.switch_to.frame(0)
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 30).until(lambda _: browser.execute_script("return document.body.dataset.ready") == "true")
    assert browser.find_element("tag name", "h1").text == '"quoted" & <b>'
    browser.switch_to.default_content()

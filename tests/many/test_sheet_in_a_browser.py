"""Contact sheets in a real browser: sorting, searching, what is shown in large, by pointer and by keys."""

import re
import shutil

import numpy as np
import pytest

import networks
from occlusion_sensitivity import explain_images, importNetworkFromONNX
from occlusion_sensitivity.lettering import score_text
from occlusion_sensitivity.pictures import encoded

CLASSES = ["cat", "</script><img src=x onerror='window.broken = 1'>", '猫 & "quotes"', "fish"]
NAMES = ["img10.png", "img2.png", "<img src=x onerror='window.broken = 1'>.png", "IMG1.png", "b/a.png", "b/é'\".png"]
LEFT, RIGHT, ENTER, ESCAPE = "\ue012", "\ue014", "\ue007", "\ue00c"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with two sheets: of two classes of some photographs, with curves; and of many more than a page holds."""
    folder = tmp_path_factory.mktemp("sheets")
    rng = np.random.default_rng(5)  # with which the photographs are of three classes
    net = importNetworkFromONNX(networks.convolutional(folder / "net.onnx", rng))
    photographs = folder / "photos"
    for k, name in enumerate(NAMES):
        X = rng.integers(30 * k, 30 * k + 100, (40, 60, 3)).astype(np.uint8)
        X[:20] //= 4
        (photographs / name).parent.mkdir(parents=True, exist_ok=True)
        (photographs / name).write_bytes(encoded(X, "PNG"))
    (photographs / "<i>bad.png").write_text("no picture")
    how = {"pixel_range": 1, "Stride": 2}
    some = explain_images(net, photographs, folder / "some.zarr", CLASSES, channels="best 2", faithfulness=5, **how)
    some.save(folder / "some.html")
    X = rng.integers(0, 256, (120, 12, 10, 3)).astype(np.uint8)
    many = explain_images(net, X, folder / "many.zarr", CLASSES, Stride=4)
    many.save(folder / "many.html", images=X)
    return folder, some.table(), many.table()


class Reader:
    """Somebody who looks at a sheet."""

    def __init__(self, browser, file):
        self.browser = browser
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(file.as_uri())
        assert browser.execute_script("return document.body.dataset.ready") == "true"

    def until(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.browser, 30).until(lambda _: condition())

    def element(self, name):
        return self.browser.find_element("id", name)

    def all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def texts(self, selector):
        return self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector
        )

    @property
    def names(self):
        return self.texts("#cards .name")

    def choose(self, select, text):
        (option,) = [one for one in self.element(select).find_elements("tag name", "option") if one.text == text]
        option.click()

    def options(self, select):
        return [option.text for option in self.element(select).find_elements("tag name", "option")]

    def type(self, text):
        self.element("text").clear()
        self.element("text").send_keys(text)

    def press(self, key):
        self.browser.switch_to.active_element.send_keys(key)

    @property
    def is_open(self):
        return self.browser.execute_script("return document.getElementById('large').open")

    @property
    def facts(self):
        return dict(zip(self.texts("#facts dt"), self.texts("#facts dd"), strict=True))

    @property
    def focused(self):
        return self.browser.execute_script(
            "const n = document.activeElement.dataset.n; return n === undefined ? null : Number(n)"
        )

    def loads(self, selector):
        """Whether all pictures there come."""
        return self.browser.execute_async_script(
            "const [selector, done] = arguments;"
            "Promise.all([...document.querySelectorAll(selector)].map((one) => { one.loading = 'eager';"
            "  return one.decode(); })).then(() => done(true), () => done(false))",
            selector,
        )

    def complaints(self):
        return [entry for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]

    def addresses(self):
        found = set()
        for entry in self.browser.get_log("performance"):
            found |= set(re.findall(r'"requestWillBeSent".*?"url":"([^"]*)"', entry["message"]))
        return found


@pytest.fixture
def some(browser, made):
    return Reader(browser, made[0] / "some.html")


@pytest.fixture
def many(browser, made):
    return Reader(browser, made[0] / "many.html")


@pytest.fixture
def table(made):
    return made[1][made[1]["state"] == "done"]


def in_order(table, values):
    """The names in the order of those values; what is equal in six digits stays in the order of the names."""
    return [str(table["name"][k]) for k in sorted(range(len(table)), key=lambda k: float(f"{values[k]:.6g}"))]


def test_sorting(some, table):
    by_name = ["b/a.png", "b/é'\".png", "IMG1.png", "img2.png", "img10.png"]
    assert [name for name in some.names if not name.startswith("<")] == by_name  # 2 before 10
    assert sorted(some.names) == sorted(table["name"].tolist())
    for words, field in (
        ("Score", "score"),
        ("Peak drop", "peak"),
        ("Deletion area", "deletion_area"),
        ("Insertion area", "insertion_area"),
    ):
        for rank, view in enumerate(("highest score", "2nd highest score")):
            some.choose("view", view)
            some.choose("sort", f"{words}, highest first")
            assert some.names == in_order(table, -table[field][:, rank])
            some.choose("sort", f"{words}, lowest first")
            assert some.names == in_order(table, table[field][:, rank])
    some.choose("view", "highest score")
    some.choose("sort", "Class")
    classes = some.texts("#cards .class")
    groups = [name for k, name in enumerate(classes) if k == 0 or classes[k - 1] != name]
    assert len(groups) == len(set(groups))
    assert some.complaints() == []


def test_cards_say_what_the_table_does(some, table):
    for name, words in zip(some.names, some.texts("#cards .card"), strict=True):
        (row,) = table[table["name"] == name]
        for value in (row["score"][0], row["deletion_area"][0], row["insertion_area"][0]):
            assert score_text(value) in words
        assert row["class"][0] in words
    assert some.loads("#cards img, .means img")


def test_filters(some, table):
    some.type("IMG")
    assert sorted(some.names) == sorted(name for name in table["name"].tolist() if "img" in name.lower())
    assert some.texts(".where") == [f"1–{len(some.names)} of {len(some.names)} (6 in all)"] * 2
    some.type("nowhere")
    assert some.names == []
    assert some.texts(".where")[0] == "No image is like that."
    some.type("FISH")  # a class
    assert set(some.names) == set(table["name"][table["class"][:, 0] == "fish"]) != set()
    some.type(" ")
    assert len(some.names) == 6
    options = some.options("class")[1:]
    assert len(options) == len(set(table["class"][:, 0])) == 3
    for option in options:
        some.choose("class", option)
        label, count = re.fullmatch(r"(.*) \((\d+)\)", option).groups()
        assert sorted(some.names) == sorted(table["name"][table["class"][:, 0] == label].tolist())
        assert len(some.names) == int(count)
    assert some.complaints() == []


def test_classes_beside_each_other(some, table):
    some.choose("view", "all beside each other")
    assert len(some.names) == 6
    for name, words in zip(some.names, some.texts("#cards .card"), strict=True):
        (row,) = table[table["name"] == name]
        assert all(score_text(score) in words for score in row["score"])
    some.all("#cards a")[1].click()  # the second class of the first image
    (row,) = table[table["name"] == some.names[0]]
    assert some.facts["Class"] == row["class"][1]
    assert [button.get_attribute("aria-pressed") for button in some.all("#ranks button")] == ["false", "true"]
    some.all("#ranks button")[0].click()
    assert (some.facts["Class"], some.facts["Score"]) == (row["class"][0], score_text(row["score"][0]))
    assert some.loads("#photo")


def test_an_image_in_large(some, table):
    names = some.names
    some.all("#cards a")[1].click()
    for place in (1, 2, 3, 4, 5, 5):
        (row,) = table[table["name"] == names[place]]
        assert some.element("name").text == names[place]
        assert some.texts("#position") == [f"{place + 1} of 6"]
        expected = {
            "Class": row["class"][0],
            "Score": score_text(row["score"][0]),
            "Peak drop": score_text(row["peak"][0]),
            "SHA-256": row["sha256"],
        }
        assert expected.items() <= some.facts.items()
        assert some.loads("#photo")
        assert some.texts("#curve .key") == [
            f"{name.title()}, area {score_text(row[f'{name}_area'][0])}" for name in ("deletion", "insertion")
        ]
        some.press(RIGHT)
    assert not some.element("after").is_enabled()
    some.press(LEFT)
    some.element("before").click()
    assert some.element("name").text == names[3]
    some.press(ESCAPE)
    some.until(lambda: some.focused is not None)
    assert not some.is_open
    assert names[3] in some.browser.execute_script("return document.activeElement.textContent")
    some.press(ENTER)  # of the card that has the focus
    assert some.is_open
    assert some.element("name").text == names[3]
    some.element("close").click()
    assert not some.is_open
    assert some.complaints() == []


def test_keys_of_the_browser_stay_its_own(some):
    some.all("#cards a")[1].click()
    name = some.element("name").text
    is_taken = some.browser.execute_script(
        "return ['altKey', 'ctrlKey', 'metaKey'].map((modifier) => !document.getElementById('large').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ArrowRight', cancelable: true, [modifier]: true})))"
    )
    assert is_taken == [False, False, False]
    assert some.element("name").text == name


def test_curves_lie_where_their_values_are(some, made):
    """The lines begin and end at the scores: deletion at that of the image, insertion at that of no image."""
    assert len(some.all("#mean-curve path.curve")) == 4  # two lines, and two in the key
    some.all("#cards a")[0].click()
    lines = [line.get_attribute("d") for line in some.all("#curve > svg path.curve")]
    heights = [[float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line)] for line in lines]
    assert [len(line) for line in heights] == [6, 6]
    high = float(some.texts("#curve text")[0].removeprefix("score "))
    row = next(row for row in made[1] if row["name"] == some.element("name").text)
    for place, value in ((heights[0][0], row["score"][0]), (heights[1][-1], row["score"][0])):
        assert (132 - place) / (132 - 16) * high == pytest.approx(value, abs=0.01 * high)


def test_what_is_in_names_is_text(some, table):
    some.choose("view", "all beside each other")
    some.all("#cards a")[0].click()
    for _ in range(6):
        some.press(RIGHT)
    assert some.browser.execute_script("return window.broken") is None
    assert some.all("[onerror], #failed i, h1 i") == []
    assert any(name.startswith("<img src=x") for name in some.names)
    assert "<i>bad.png" in some.texts(".failures td")
    assert some.complaints() == []


def test_pages(many, made):
    table = made[2]
    assert many.texts(".where") == ["1–100 of 120"] * 2
    assert many.names == [str(k) for k in range(100)]
    assert not many.all("#view")  # there is one class of each
    assert many.all("#mean-curve[hidden]")
    many.all(".on")[1].click()
    assert many.names == [str(k) for k in range(100, 120)]
    assert [button.is_enabled() for button in many.all(".on")] == [False, False]
    many.all("#cards a")[0].click()
    many.press(LEFT)  # an image of the page before
    assert many.facts["SHA-256"] == table["sha256"][99]
    assert many.all("#curve[hidden]")
    many.press(ESCAPE)
    many.until(lambda: many.focused == 99)
    assert many.texts(".where")[0] == "1–100 of 120"
    many.choose("sort", "Score, highest first")
    assert many.names == in_order(table, -table["score"])[:100]
    many.all(".on")[0].click()
    many.type("11")  # begins with the first page of what is found
    assert many.texts(".where")[0].startswith("1–")
    assert many.complaints() == []


def test_without_a_script(browser, made):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get((made[0] / "some.html").as_uri())
        (link,) = [one for one in browser.find_elements("css selector", "li a") if one.text == "img2.png"]
        assert not browser.find_element("id", "sheet").is_displayed()
        link.click()
        assert re.search(r"/some_files/large/\d-1\.jpg$", browser.current_url)
        assert browser.find_elements("tag name", "img")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_both_can_be_moved_and_need_nothing_else(browser, made, tmp_path):
    shutil.copy(made[0] / "some.html", tmp_path)
    shutil.copytree(made[0] / "some_files", tmp_path / "some_files")
    reader = Reader(browser, tmp_path / "some.html")
    assert reader.loads("#cards img, .means img")
    reader.all("#cards a")[0].click()
    assert reader.loads("#photo")
    here = tmp_path.as_uri()
    assert {url for url in reader.addresses() if not url.startswith((f"{here}/", "data:"))} == set()
    assert reader.complaints() == []


def test_on_a_phone(browser, made):
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        reader = Reader(browser, made[0] / "some.html")
        reader.choose("view", "all beside each other")
        assert browser.execute_script("return document.documentElement.scrollWidth") == 360
        reader.all("#cards a")[0].click()
        inside = browser.execute_script(
            "const box = (id) => document.getElementById(id).getBoundingClientRect();"
            "return ['large', 'photo', 'name', 'after', 'close'].map((id) => [box(id).left, box(id).right])"
        )
        assert all(0 <= left < right <= 360 for left, right in inside)
        bottom = browser.execute_script("return document.getElementById('after').getBoundingClientRect().bottom")
        assert bottom <= 740  # without scrolling
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_light_and_dark(browser, made, scheme, is_dark):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        reader = Reader(browser, made[0] / "some.html")
        reader.all("#cards a")[0].click()
        for selector in ("body", "#large", "#before"):
            colours = browser.execute_script(
                "const style = getComputedStyle(document.querySelector(arguments[0]));"
                "return [style.backgroundColor, style.color]",
                selector,
            )
            paper, ink = (np.mean([int(x) for x in re.findall(r"\d+", colour)[:3]]) for colour in colours)
            assert (paper < ink) == is_dark
            assert abs(paper - ink) > 80
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

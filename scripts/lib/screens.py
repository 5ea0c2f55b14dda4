"""Pictures of every screen of the dashboard: phone and desktop, light and dark, empty, busy and broken."""

import time

from browser import SCREENS, Browser
from engine import HOPELESS, MODEST, Customers, Engine

THEMES = ("light", "dark")
PLACES = {"overview": "#/", "orders": "#/orders", "operators": "#/operators"}
# What shows that a place is complete.
LIVE = "document.getElementById('link-state')?.innerText.includes('Live')"
BROKEN = "!document.getElementById('banner').hidden"
# How long the charts collect before they are worth a look.
BUSY_FOR = 25.0
TROUBLE = {"SIM_LATENCY_SCALE": "1", "SIM_FAILURE_RATE": "0.05", "QUEUE_MAX_CONCURRENCY": "40"}


def take(folder):
    """Every screen in every state, to be looked at."""
    with Browser() as browser, Engine(**TROUBLE) as engine:
        for screen, theme in looks():
            browser.look_like(screen, theme)
            for name, place in PLACES.items():
                show(browser, engine, place)
                browser.picture(folder / f"{name}-empty-{screen}-{theme}.png")
        orders = {"confirmed": engine.submit(MODEST), "failed": engine.submit(HOPELESS)}
        with Customers(engine, per_second=6):
            for order in orders.values():
                engine.ended(order)
            show(browser, engine, "#/")
            time.sleep(BUSY_FOR)
            take_busy(folder, browser, engine, orders)
        take_broken(folder, browser, engine, orders["confirmed"])


def take_chosen(folder, seed):
    """The few that the documents show."""
    with Browser() as browser, Engine(**TROUBLE, SIM_SEED=seed) as engine, Customers(engine, per_second=6):
        order = engine.submit(MODEST)
        browser.look_like("desktop", "dark")
        show(browser, engine, "#/")
        time.sleep(2 * BUSY_FOR)
        browser.picture(folder / "overview.png")
        browser.look_like("phone", "light")
        time.sleep(2)
        browser.picture(folder / "phone.png")
        browser.look_like("desktop", "light")
        show(browser, engine, "#/orders")
        browser.until("document.querySelector('.quote[data-best]')")
        browser.picture(folder / "orders.png")
        engine.ended(order)
        show(browser, engine, f"#/orders/{order}")
        browser.whole_page(folder / "order.png")


def looks():
    return [(screen, theme) for screen in SCREENS for theme in THEMES]


def show(browser, engine, place):
    browser.go(f"{engine.url}/{place}")
    browser.until("document.querySelector('main h1')")
    browser.until(LIVE)
    # Whatever is asked for when a screen opens is there, and the charts have drawn.
    time.sleep(1.5)


def take_busy(folder, browser, engine, orders):
    places = PLACES | {f"order-{end}": f"#/orders/{order}" for end, order in orders.items()}
    for screen, theme in looks():
        browser.look_like(screen, theme)
        for name, place in places.items():
            show(browser, engine, place)
            browser.picture(folder / f"{name}-busy-{screen}-{theme}.png")
            browser.whole_page(folder / f"{name}-whole-{screen}-{theme}.png")
        running = engine.submit(MODEST)
        browser.go(f"{engine.url}/#/orders/{running}")
        browser.until("document.querySelector('.stage[data-running]')")
        browser.picture(folder / f"order-running-{screen}-{theme}.png")


def take_broken(folder, browser, engine, order):
    for name, place in (PLACES | {"order": f"#/orders/{order}"}).items():
        show(browser, engine, place)
        engine.kill()
        browser.until(BROKEN)
        time.sleep(1)
        for screen, theme in looks():
            browser.look_like(screen, theme)
            time.sleep(0.2)
            browser.picture(folder / f"{name}-broken-{screen}-{theme}.png")
        engine.start()
        browser.until(LIVE)

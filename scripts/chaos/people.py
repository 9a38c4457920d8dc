"""Who does something meanwhile: shoppers who buy, staff who give back and pay out, banks that dispute."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.demo.sign_in import sign_in_path
from bench.installation import Installation
from bench.shopper import Browser, Failed, Shopper
from scripts.chaos.stripe import Stripe

_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
_ORDER = re.compile(r'href="(/orders/[0-9a-f-]{36}/[0-9a-f-]{36})"')
_UNITS = re.compile(r'name="(units-[0-9a-f-]{36})"')
_RUN = re.compile(r'href="(/payouts/[0-9a-f-]{36})"')
FINANCE, OWNER = "finance@bench.example", "owner@bench.example"
# Pays, and the money is there at once, so that it can be paid out.
_CARD = "4000000000000077"


class Crowd:
    """Everybody at once, until told to stop. What fails is tried again, as people do."""

    def __init__(self, bench: Installation, stripe: Stripe, seed: int) -> None:
        self.bench, self.stripe = bench, stripe
        self.done: Counter[str] = Counter()
        self.failures = 0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._dice = random.Random(seed + 1)
        self._threads = [
            *(threading.Thread(target=self._again, args=(self._shopper(n),), daemon=True) for n in range(3)),
            threading.Thread(target=self._again, args=(self._office,), daemon=True),
            threading.Thread(target=self._again, args=(self._bank,), daemon=True),
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _again(self, act: Callable[[], str]) -> None:
        while not self._stop.is_set():
            try:
                what = act()
            except (Failed, OSError, DBAPIError):
                with self._lock:
                    self.failures += 1
                time.sleep(0.2)
                continue
            if what:
                with self._lock:
                    self.done[what] += 1
            else:
                time.sleep(0.1)

    def _shopper(self, number: int) -> Callable[[], str]:
        def buy() -> str:
            browser = Browser(self.bench.port, timeout=10)
            host = self.bench.stores[number % len(self.bench.stores)]
            shopper = Shopper(browser, host, "DE", self.bench.pay_port, card=_CARD)
            try:
                shopper.buy([f"thing-{number * 40 + self.done['checkout'] % 40}", f"thing-{number}"])
            finally:
                browser.close()
            return "checkout"

        return buy

    def _office(self) -> str:
        """Staff give something back, or two of them send a payout run."""
        return self._refund() if self._dice.random() < 0.75 else self._pay_out()

    def _refund(self) -> str:
        office = _Office(self.bench, FINANCE)
        try:
            orders = _ORDER.findall(office.page("/orders/?payment=paid"))
            if not orders:
                return ""
            address = f"{self._dice.choice(orders)}/refund"
            form = {"asked": "1", "restock": "1", "funder": self._dice.choice(["company", "partner"])}
            shown = office.page(address)
            for name in _UNITS.findall(shown):
                form[name] = str(self._dice.randint(0, 1))
            form["goodwill"] = self._dice.choice(["", "", "0.37", "1.00"])
            return "refund" if office.press(address, shown, **form) else ""
        finally:
            office.close()

    def _pay_out(self) -> str:
        finance, owner = _Office(self.bench, FINANCE), _Office(self.bench, OWNER)
        try:
            shown = finance.page("/payouts/")
            run = finance.press("/payouts/draft", shown)
            if not run:
                # A draft waits already, or nobody is owed anything.
                waiting = _RUN.search(finance.page("/payouts/"))
                run = waiting[1] if waiting else ""
            if not run:
                return ""
            if owner.press(f"{run}/approve", owner.page(run)):
                return "payout run"
            finance.press(f"{run}/withdraw", finance.page(run))
            return ""
        finally:
            finance.close()
            owner.close()

    def _bank(self) -> str:
        """A bank disputes a payment, or decides; a payout comes back in part."""
        time.sleep(self._dice.uniform(0.5, 2))
        with self.bench.root.connect() as connection:
            found = connection.execute(
                text("""
                    SELECT (SELECT a.charge_id FROM payment_attempts a
                             WHERE a.state = 'complete'
                               AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.order_id = a.order_id)
                             ORDER BY random() LIMIT 1) AS charge,
                           (SELECT d.stripe_id FROM disputes d WHERE d.state = 'open'
                             ORDER BY random() LIMIT 1) AS dispute,
                           (SELECT l.stripe_id FROM payout_lines l WHERE l.state = 'paid' AND l.reversed = 0
                             ORDER BY random() LIMIT 1) AS transfer
                """)
            ).one()
        chance = self._dice.random()
        if found.transfer and chance < 0.2:
            self.stripe.control(f"transfers/{found.transfer}/reverse", amount=1)
            return "payout that came back"
        if found.dispute and chance < 0.6:
            how = self._dice.choice(["win", "lose"])
            self.stripe.control(f"disputes/{found.dispute}/{how}")
            return f"dispute to {how}"
        if found.charge and chance < 0.8:
            self.stripe.control(f"charges/{found.charge}/dispute")
            return "dispute"
        return ""


class _Office:
    """One of the company's people at the console."""

    def __init__(self, bench: Installation, email: str) -> None:
        self._browser = Browser(bench.port, timeout=10)
        self._host = bench.config.console_host
        answer = self._browser.get(self._host, sign_in_path(bench.config, face="console", email=email))
        if answer.status != 303:
            raise Failed(f"signing in answered {answer.status}")

    def page(self, path: str) -> str:
        answer = self._browser.get(self._host, path)
        if answer.status != 200:
            raise Failed(f"GET {path} answered {answer.status}")
        return answer.text

    def press(self, path: str, shown: str, **form: str) -> str:
        """Send a form; returns where it leads, or nothing where it was refused."""
        token = _TOKEN.search(shown)
        if token is None:
            return ""
        answer = self._browser.post(self._host, path, csrf_token=token[1], **form)
        if answer.status == 303:
            return urlsplit(answer.location).path
        if answer.status != 422:
            raise Failed(f"POST {path} answered {answer.status}")
        return ""

    def close(self) -> None:
        self._browser.close()

import os, sys
import csv
import json
from datetime import datetime, timezone
from typing import Dict, List, Optional, Protocol, Union


class UnknownArticle(ValueError):
    """An article number that the catalogue does not list."""


class Report(Protocol):
    """What the month-end job writes; one class for each output format."""

    title: str

    def add(self, article: str, quantity: int, value: float = 0.0) -> None: ...

    def render(self, *, width: int = 72) -> str: ...

    async def publish(self, url: str) -> bool: ...


class TextReport(Report):
    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: List[str] = []


class Stock(object):
    """Quantities on hand, kept up to date from a file of movements."""

    def __init__(self, prices: Dict[str, float], limit: Optional[int] = None) -> None:
        self.prices = prices
        self.limit = limit
        self.on_hand: Dict[str, int] = {}

    def load(self, path: str, strict: bool = True) -> int:
        count = 0
        with open(path, "r", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                article: str = row["article"]
                if not article in self.prices.keys():
                    if strict:
                        raise UnknownArticle("no price for {}".format(article))
                    else:
                        continue
                quantity: int = self.parse_quantity(row["quantity"], article)
                if row["kind"] == "in" or row["kind"] == "return":
                    self.on_hand[article] = self.on_hand.get(article, 0) + quantity
                elif row["kind"] == "out":
                    self.on_hand[article] = self.on_hand.get(article, 0) - quantity
                    if self.is_low(article):
                        self.notify(article, level="warning")
                count += 1
        return count

    def value(self, articles: Union[List[str], None] = None) -> float:
        total = 0.0
        for article, quantity in self.on_hand.items():
            if articles is not None and not article in articles:
                continue
            total += quantity * self.prices[article]
        return total


def summary(stock: Stock, day: Optional[datetime] = None) -> str:
    day = day or datetime.now(timezone.utc)
    short: List[str] = [key for key, count in stock.on_hand.items() if count < 0]
    if not short:
        return "{}: {:.2f}".format(day.date(), stock.value())
    else:
        return format_shortage(day, short, total=stock.value())

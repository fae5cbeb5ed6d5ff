"""What a kilowatt hour costs, where one price holds for all hours."""

from collections.abc import Iterator

from exporter.collector import collects, fact
from exporter.endpoint import TARIFF
from exporter.metric import Sample, gauge, info
from exporter.unit import number
from exporter.wire import Json, Record, record, text

CURRENCY = info("tariff_info", "The currency of prices.", "currency")
BUY = gauge("tariff_buy_price_per_kilowatt_hour", "Price of energy bought.")
SELL = gauge("tariff_sell_price_per_kilowatt_hour", "Price of energy sold.")


@fact(TARIFF)
def has_single_rate(page: Json) -> bool:
    """Whether a single rate is set."""
    return bool(_single_rate(page))


@collects(TARIFF, given=has_single_rate)
def tariff(page: Json) -> Iterator[Sample]:
    """Read the single rate; a price of 0 is one that nobody has set."""
    rate = _single_rate(page)
    yield from BUY(number(rate.get("rate")) or None)
    yield from SELL(number(rate.get("sell")) or None)
    currency = record(record(record(page).get("tariff")).get("currency"))
    if code := text(currency.get("code")):
        yield from CURRENCY(1, code)


def _single_rate(page: Json) -> Record:
    return record(record(record(page).get("tariff")).get("single_rate"))

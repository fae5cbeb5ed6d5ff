"""`/api/v1/production` of a gateway with meters: always the numbers of the last quarter hour."""

from exporter.demo import days
from exporter.demo.house import House, State


def quarterly(state: State, house: House) -> dict[str, int]:
    """Return `/api/v1/production`, which a metered gateway renews on the quarter hour only."""
    moment = state.moment // days.STEP * days.STEP
    midnight = days.midnight(moment)
    now, today, week = (
        house.at(then).production.total for then in (moment, midnight, midnight - 6 * days.DAY)
    )
    return {
        "wattHoursToday": round((now.delivered - today.delivered) / 3600),
        "wattHoursSevenDays": round((now.delivered - week.delivered) / 3600),
        "wattHoursLifetime": round(now.delivered / 3600),
        "wattsNow": round(now.watts),
    }

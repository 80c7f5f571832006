"""The data map of billing (promises 04 and 05)."""

from django.utils.translation import gettext_lazy as _

from privacy.datamap import KEY, LINK, MOMENT, SETTING, STATE, NotPersonal, table

PERIOD = NotPersonal(_("Which days a subscription covers and are paid for"))

table(
    "billing.Subscription",
    id=KEY,
    account=LINK,
    plan=SETTING,
    interval=SETTING,
    state=STATE,
    net_cents=SETTING,
    anchor_day=PERIOD,
    period_start=PERIOD,
    period_end=PERIOD,
    paid_until=PERIOD,
    next_plan=SETTING,
    next_interval=SETTING,
    consumer=SETTING,
    contracted_on=PERIOD,
    first_term_end=PERIOD,
    withdrawn_on=PERIOD,
    changed_at=MOMENT,
)

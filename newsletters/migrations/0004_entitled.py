"""The rule of promise 03 without the pause, for what a person sees of their own; the audience is made from it."""

from django.db import migrations

# The last line about a topic counts: confirmed, withdrawn or resumed. `requested` changes nothing, so that nobody can
# subscribe or unsubscribe somebody else by typing their address.
VIEWS = """
DROP VIEW newsletter_audience;
CREATE VIEW newsletter_entitled WITH (security_invoker = true) AS
SELECT c.id AS contact_id, c.address, c.address_key, c.language, topic.key AS topic,
    CASE WHEN c.verified_at IS NOT NULL AND said.action = 'confirmed' THEN 'consent' ELSE 'customer' END AS basis,
    c.paused_until
FROM newsletters_contact c
CROSS JOIN LATERAL (SELECT newsletter_customer(c.address) AS paying OFFSET 0) customer
CROSS JOIN newsletters_topic topic
LEFT JOIN LATERAL (
    SELECT line.action FROM newsletters_consent line
    WHERE line.contact_id = c.id AND line.topic_id = topic.key
      AND line.action IN ('confirmed', 'withdrawn', 'resumed')
    ORDER BY line.id DESC LIMIT 1
) said ON true
WHERE c.erase_asked_at IS NULL
  AND NOT EXISTS (SELECT FROM newsletters_suppression s WHERE s.address_key = c.address_key)
  AND ((c.verified_at IS NOT NULL AND said.action = 'confirmed')
       OR (customer.paying AND said.action IS DISTINCT FROM 'withdrawn'));
CREATE VIEW newsletter_audience WITH (security_invoker = true) AS
SELECT contact_id, address, address_key, language, topic, basis
FROM newsletter_entitled WHERE paused_until IS NULL OR paused_until <= now();
GRANT SELECT ON newsletter_entitled, newsletter_audience TO webanizr_app, webanizr_worker, webanizr_definer;
"""
FORMER = """
DROP VIEW newsletter_audience;
ALTER VIEW newsletter_entitled RENAME TO newsletter_audience;
"""


class Migration(migrations.Migration):
    """Two views, one rule."""

    dependencies = [("newsletters", "0003_stops")]
    operations = [migrations.RunSQL(VIEWS, FORMER)]

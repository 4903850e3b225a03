-- One visit = all rows of one Inspection ID. A visit without infractions is one row with five empty
-- cells: a pass is a record too.
SELECT
  rows(_row) AS _rows,

  clean("Inspection ID") AS key_1,

  -- The rows of a visit agree on everything about the visit. Where they do not, no row can be
  -- preferred, so the value becomes a fault.
  CASE WHEN count(DISTINCT "Inspection Date") > 1
       THEN fault('KEY_DUPLICATE', 'the rows of this visit have different dates')
       ELSE parse_date(max("Inspection Date"), 'YYYY-MM-DD') END AS decided_on,
  CASE WHEN count(DISTINCT "Establishment ID") > 1
       THEN fault('KEY_DUPLICATE', 'the rows of this visit name different establishments')
       ELSE ident('ca.on.toronto.establishment', max("Establishment ID")) END AS "subject.id",
  clean(max("Establishment Name")) AS "subject.name",
  clean(max("Establishment Type")) AS "premises.type",
  clean(max("Establishment Address")) AS "premises.address",
  decimal(max("Latitude")) AS "premises.latitude",
  decimal(max("Longitude")) AS "premises.longitude",
  integer(max("Min. Inspections Per Year")) AS "premises.visits_per_year",

  clean("Inspection ID") AS "decision.number",
  CASE WHEN count(DISTINCT "Establishment Status") > 1
       THEN fault('KEY_DUPLICATE', 'the rows of this visit have different results')
       ELSE code('status', clean(max("Establishment Status"))) END AS "inspection.result",
  sum(clean("Infraction Details") IS NOT NULL) AS "inspection.infractions"
FROM dinesafe
GROUP BY clean("Inspection ID")

-- One infraction that an inspector noted on a visit. It is what a visit found, no decision: NEUTRAL.
-- Orders and charges that follow from it are records of their own (order.sql, charge.sql).
SELECT
  source_row AS _rows,

  -- The city gives infractions no number. Within a visit the text, with case and blanks folded, is
  -- what distinguishes them; the order of the rows is not.
  clean("Inspection ID") AS key_1,
  infraction AS key_2,

  visited_on AS decided_on,
  ident('ca.on.toronto.establishment', "Establishment ID") AS "subject.id",
  clean("Establishment Name") AS "subject.name",
  clean("Establishment Address") AS "premises.address",

  clean("Inspection ID") AS "decision.number",
  infraction AS "infraction.text",
  section AS "infraction.section",
  CASE WHEN section IS NOT NULL THEN texts(instrument || ', s. ' || section) END AS legal_basis,
  code('severity', before("Severity", ' - ')) AS "infraction.severity",
  code('action', clean("Action")) AS "infraction.action"
FROM (
  SELECT
    *,
    CASE
      WHEN section LIKE '545-%' THEN 'Toronto Municipal Code, Chapter 545'
      WHEN section LIKE '520-%' THEN 'Toronto Municipal Code, Chapter 520'
      -- The regulation of 1990 (which the city writes `O. REG 562/90`) held until 2018-06-30.
      WHEN infraction LIKE '%562/90%' OR visited_on < '2018-07-01' THEN 'R.R.O. 1990, Reg. 562'
      ELSE 'O. Reg. 493/17'
    END AS instrument
  FROM (
    SELECT
      *,
      -- What follows `SEC.`: `- SEC. 7(1)(E)`, `SEC.  27(1)`, `SEC. 545- 157E(1 7)(A)`.
      -- Blanks matter in `SEC. 18 2.II` (section 18, paragraph 2 ii), not in the city's own code.
      CASE WHEN after(infraction, 'SEC.') LIKE '%545-%' OR after(infraction, 'SEC.') LIKE '%520-%'
           THEN replace(after(infraction, 'SEC.'), ' ', '')
           ELSE after(infraction, 'SEC.') END AS section
    FROM (
      SELECT
        _row AS source_row,
        -- The city writes the same infraction in upper and in mixed case and leaves blanks at its end.
        upper(clean("Infraction Details")) AS infraction,
        parse_date("Inspection Date", 'YYYY-MM-DD') AS visited_on,
        "Inspection ID", "Establishment ID", "Establishment Name", "Establishment Address",
        "Severity", "Action", "Outcome", "Amount Fined"
      FROM dinesafe
      WHERE clean("Infraction Details") IS NOT NULL
        OR clean("Severity") IS NOT NULL
        OR clean("Action") IS NOT NULL
        OR clean("Outcome") IS NOT NULL
    )
  )
)

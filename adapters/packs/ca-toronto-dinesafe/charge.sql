-- A ticket or summons and what became of it. Until a court has spoken the record is PENDING;
-- withdrawn and cancelled charges take it back.
SELECT
  source_row AS _rows,

  clean("Inspection ID") AS key_1,
  infraction AS key_2,

  CASE
    WHEN clean("Outcome") LIKE 'Conviction%' THEN 'EFFECTIVE'
    WHEN clean("Outcome") IN
         ('Charges Withdrawn', 'Charges Dismissed', 'Charges Quashed', 'Cancelled')
      THEN 'WITHDRAWN'
    ELSE 'PENDING'
  END AS _state,
  -- The day of the ticket or summons. The court's day and number are not in the file.
  visited_on AS decided_on,
  ident('ca.on.toronto.establishment', "Establishment ID") AS "subject.id",
  clean("Establishment Name") AS "subject.name",
  clean("Establishment Address") AS "premises.address",

  clean("Inspection ID") AS "decision.number",
  code('action', clean("Action")) AS "decision.kind",
  CASE WHEN section IS NULL
       THEN fault('BASIS_DOCUMENT_MISSING', 'Infraction Details names no section', infraction)
       ELSE texts(instrument || ', s. ' || section) END AS legal_basis,
  infraction AS "infraction.text",
  code('severity', before("Severity", ' - ')) AS "infraction.severity",
  code('outcome', clean("Outcome")) AS "charge.outcome",
  amount("Amount Fined", 'CAD') AS "charge.fine"
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
      WHERE "Action" LIKE '%Ticket%' OR "Action" LIKE '%Summons%'
        OR clean("Outcome") IS NOT NULL OR clean("Amount Fined") IS NOT NULL
    )
  )
)

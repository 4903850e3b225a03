-- An order on the spot: Order, Closure Order, and the order half of "Summons and Health Hazard Order".
-- It is a decision of the medical officer of health that takes effect at once.
SELECT
  source_row AS _rows,

  clean("Inspection ID") AS key_1,
  infraction AS key_2,

  -- "Cancelled" takes the whole row back; withdrawn charges say nothing of the order beside them.
  CASE WHEN clean("Outcome") = 'Cancelled' THEN 'WITHDRAWN' ELSE 'EFFECTIVE' END AS _state,
  visited_on AS decided_on,
  visited_on AS effective_on,
  ident('ca.on.toronto.establishment', "Establishment ID") AS "subject.id",
  clean("Establishment Name") AS "subject.name",
  clean("Establishment Address") AS "premises.address",

  clean("Inspection ID") AS "decision.number",
  code('action', clean("Action")) AS "decision.kind",
  CASE WHEN section IS NULL
       THEN fault('BASIS_DOCUMENT_MISSING', 'Infraction Details names no section', infraction)
       ELSE texts('Health Protection and Promotion Act, R.S.O. 1990, c. H.7, s. 13',
                  instrument || ', s. ' || section) END AS legal_basis,
  infraction AS "infraction.text",
  code('severity', before("Severity", ' - ')) AS "infraction.severity"
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
      WHERE "Action" LIKE '%Order%'
    )
  )
)

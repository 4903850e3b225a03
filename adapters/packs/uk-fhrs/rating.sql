-- The published result of the last inspection: 0 to 5 (FHRS), or a word (FHIS, Scotland).
SELECT
  _row AS _rows,
  CASE
    WHEN nullif_any(coalesce("AddressLine1", '') || coalesce("AddressLine2", '') ||
                    coalesce("AddressLine3", '') || coalesce("AddressLine4", '') ||
                    coalesce("PostCode", ''), '') IS NULL THEN 'private_home'
    WHEN replace("RatingValue", ' ', '') IN ('AwaitingInspection', 'AwaitingPublication')
      THEN 'no_result_yet'
    WHEN "RatingValue" IN ('Exempt', 'Excluded') THEN 'exempt'
  END AS _leave_out,

  CASE WHEN "ReturnCode" = 'Success' THEN clean("FHRSID")
       ELSE fault('SNAPSHOT_INCOMPLETE', 'the header says that the export failed', "ReturnCode")
  END AS key_1,

  -- A result from after the extract is a slip of the pen. The extract's own date goes into no field:
  -- it would make a new version of every record with each download.
  CASE WHEN parse_date("RatingDate", 'YYYY-MM-DD') > parse_date("ExtractDate", 'YYYY-MM-DD')
       THEN fault('DATE_INVALID', 'the rating is dated after the extract', "RatingDate")
       ELSE parse_date("RatingDate", 'YYYY-MM-DD') END AS decided_on,

  ident('uk.fhrs', "FHRSID") AS "subject.id",
  clean("BusinessName") AS "subject.name",
  code('scheme', clean("SchemeType")) AS "inspection.scheme",
  code('result', clean("RatingValue")) AS "inspection.result",
  integer("Hygiene") AS "shortcomings.hygiene",
  integer("Structural") AS "shortcomings.structure",
  integer("ConfidenceInManagement") AS "shortcomings.management",
  CASE "NewRatingPending" WHEN 'True' THEN 1 WHEN 'False' THEN 0
       ELSE fault('FIELD_TYPE', 'NewRatingPending is neither True nor False', "NewRatingPending")
  END AS "inspection.new_result_pending",
  -- The reply comes as HTML that was escaped twice.
  clean(replace(replace(replace(replace(replace("RightToReply", '&lt;', '<'), '&gt;', '>'),
        '<p>', ''), '</p>', ' '), '&amp;', '&')) AS "subject.reply",
  clean("LocalAuthorityName") AS "authority.name",
  clean("LocalAuthorityCode") AS "authority.code",
  clean("LocalAuthorityWebSite") AS "authority.website",
  clean("LocalAuthorityEmailAddress") AS "authority.contact"
FROM fhrs

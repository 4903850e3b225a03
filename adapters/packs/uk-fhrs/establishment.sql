-- A food establishment as its local authority keeps it, whether rated or not.
SELECT
  _row AS _rows,
  CASE WHEN nullif_any(coalesce("AddressLine1", '') || coalesce("AddressLine2", '') ||
                       coalesce("AddressLine3", '') || coalesce("AddressLine4", '') ||
                       coalesce("PostCode", ''), '') IS NULL
       THEN 'private_home' END AS _leave_out,

  -- An export that did not succeed says nothing: every row of it waits, and nothing is retracted.
  CASE WHEN "ReturnCode" = 'Success' THEN clean("FHRSID")
       ELSE fault('SNAPSHOT_INCOMPLETE', 'the header says that the export failed', "ReturnCode")
  END AS key_1,

  ident('uk.fhrs', "FHRSID") AS "subject.id",
  clean("BusinessName") AS "subject.name",
  ident('uk.la.business', "LocalAuthorityBusinessID") AS "premises.local_reference",
  code('business_type', clean("BusinessTypeID")) AS "premises.type",
  texts(clean("AddressLine1"), clean("AddressLine2"), clean("AddressLine3"), clean("AddressLine4"))
    AS "premises.address",
  clean("PostCode") AS "premises.postcode",
  decimal("Latitude") AS "premises.latitude",
  decimal("Longitude") AS "premises.longitude",
  clean("LocalAuthorityName") AS "authority.name",
  clean("LocalAuthorityCode") AS "authority.code"
FROM fhrs

-- One designation = one permit and one day of designation. Where a district took several applications
-- for the same designation (it re-examines holders and writes a further row each time), the row with
-- the latest application is how things stand now, and the others are merged into it: SQLite takes bare
-- columns from the row with the max().
SELECT
  rows(_row) AS _rows,
  clean("시군구코드") AS _scope,

  norm_id('kr.permit', "허가(신고)번호") AS key_1,
  parse_date("지정일자", 'YYYYMMDD') AS key_2,

  parse_date("지정일자", 'YYYYMMDD') AS decided_on,
  parse_date("지정일자", 'YYYYMMDD') AS valid_from,

  ident('kr.permit', "허가(신고)번호") AS "subject.id",
  clean("업소명") AS "subject.name",

  -- The number begins anew each year, and a district may give one number to several restaurants: it
  -- is a reference only together with office and year. '12  ' and '0012' are the same number.
  CASE WHEN clean("지정번호") IS NOT NULL
       THEN clean("지정년도") || '-' || format('%04d', integer("지정번호")) END AS "decision.number",
  integer("지정년도") AS "designation.year",
  -- Ties are decided by the row's number, so that the outcome is always the same.
  parse_date(substr(max("신청일자" || format('%012d', _row)), 1, 8), 'YYYYMMDD')
    AS "designation.applied_on",

  clean("업태명") AS "premises.cuisine",
  clean("주된음식") AS "premises.main_dish",
  CASE WHEN decimal("영업장면적(㎡)") <> '0' THEN decimal("영업장면적(㎡)") END AS "premises.floor_area",
  clean("소재지도로명") AS "premises.road_address",
  clean("소재지지번") AS "premises.lot_address",
  clean("행정동명") AS "premises.dong",
  code('water_supply', clean("급수시설구분")) AS "premises.water_supply",
  -- The area code of Seoul alone is no telephone number.
  clean(nullif_any("소재지전화번호", '02')) AS "contact.phone",

  -- A permit begins with the code of the office that gave it, and that office designates.
  CASE WHEN substr(clean("허가(신고)번호"), 1, 7) = clean("시군구코드")
       THEN label('office', "시군구코드")
       ELSE fault('PROVIDER_NOT_ENTITLED', 'the permit is of another district than the row',
                  "허가(신고)번호")
  END AS "authority.name",
  clean("시군구코드") AS "authority.code"
FROM designations
GROUP BY clean("허가(신고)번호"), clean("지정일자")

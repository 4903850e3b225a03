-- One enterprise a row. Characters 3 to 8 of the credit code are the division of the organ that
-- registered it (GB 32100-2015), so the authority is read from there: the file has no column for it.
SELECT
  source_row AS _rows,
  CASE WHEN substr(clean("统一社会信用代码"), 1, 2) = '92' OR "企业类型" LIKE '%个体%'
       THEN 'individual_trader' END AS _leave_out,

  norm_id('cn.uscc', "统一社会信用代码") AS key_1,

  parse_date("注册日期", 'YYYY-MM-DD') AS decided_on,
  parse_date("注册日期", 'YYYY-MM-DD') AS valid_from,

  ident('cn.uscc', "统一社会信用代码") AS "subject.id",
  clean("企业名称") AS "subject.name",
  'ORGANISATION' AS "subject.kind",
  code('legal_form', clean(nullif_any("企业类型", 'N/A'), 'half')) AS "subject.legal_form",

  amount(nullif_any("注册资金", 'N/A'), 'capital_unit') AS "registration.capital",
  clean("经营范围") AS "registration.scope",
  nullif_any("所在省份", 'N/A') AS "registration.province",
  nullif_any("地区", 'N/A') AS "registration.district",
  clean(nullif_any("注册地址", 'N/A')) AS "registration.address",

  division AS "authority.division",
  label('registrar', division) AS "authority.name"
FROM (
  SELECT
    _row AS source_row,
    "企业名称", "统一社会信用代码", "注册日期", "企业类型", "注册资金", "经营范围", "所在省份", "地区", "注册地址",
    substr(replace(replace("统一社会信用代码", ' ', ''), '-', ''), 3, 6) AS division
  FROM enterprises
)

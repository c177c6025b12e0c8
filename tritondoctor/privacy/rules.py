"""The one table of what a secret looks like: published shapes of tokens, and what names say.

Each rule has texts that hold such a secret and texts that look alike and hold none; a test reads them.
Patterns are compiled when a text holds one of their triggers.  Repetitions have bounds where a hostile
text could otherwise make them try for hours.
"""

from __future__ import annotations

import msgspec


class SecretRule(msgspec.Struct, frozen=True):
    """`kind` as secret scanners name it, `family` as reports count it.

    One of `triggers` stands, in lower case, in every text that holds such a secret, and `gate` is found in
    the text in lower case; both are cheap.  The group `secret` of `pattern` is what is removed; a pattern with a group `name` stops where the value begins, and
    `names` and `values` judge both.
    """

    kind: str
    family: str
    triggers: tuple[str, ...]
    pattern: str
    examples: tuple[str, ...]
    harmless: tuple[str, ...]
    gate: str = ""


#: what stands in the place of a drawn text in the examples
_MIX = "a1B2c3D4e5F6g7H8j9K0mLnPqRsTuVwXyZ" * 5
_HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 5
_UPPER = "A7B3C2D4E5F6G7H2J3K4L5M6N7P2Q3R4S5T6" * 3
_ALONE = r"(?<![A-Za-z0-9])"


def _token(
    kind: str, triggers: str, shape: str, example: str, *harmless: str, gate: str = ""
) -> SecretRule:
    pattern = rf"{_ALONE}(?P<secret>{shape})"
    return SecretRule(kind, "known-token", tuple(triggers.split()), pattern, (example,), harmless, gate)


_TOKENS = (
    _token("github", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{30,255}", f"ghp_{_MIX[:36]}", "/opt/ghp_tools/lib"),
    _token("github-fine-grained", "github_pat_", r"github_pat_\w{30,255}", f"github_pat_{_MIX[:82]}", "github_pat_rotation"),
    _token("gitlab", "glpat- glrt- gldt- glptt- glcbt- glft- glimt- glagent- gloas- glsoat- glffct-", r"gl(?:pat|rt|dt|ptt|cbt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,320}", f"glpat-{_MIX[:20]}", "glrt-0.1"),
    _token("gitlab-runner", "gr1348941", r"GR1348941[\w-]{20}", f"GR1348941{_MIX[:20]}", "GR1348941"),
    _token("hugging-face", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{30,40}", f"hf_{_MIX[:34]}", "hf_transfer-0.1.4-py310h1234567_0"),
    _token("openai", "sk-", r"sk-(?:proj-|svcacct-|admin-|or-v1-|lf-)?[\w-]{32,200}", f"sk-proj-{_MIX[:48]}", "task-runner-for-models-2024", "disk-usage"),
    _token("anthropic", "sk-ant-", r"sk-ant-[\w-]{24,200}", f"sk-ant-api03-{_MIX[:93]}AA", "elephant-task-ant-hill"),
    _token("stripe", "sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ whsec_", r"(?:[srp]k_(?:live|test|prod)_[A-Za-z0-9]{10,99}|whsec_[A-Za-z0-9+/=]{24,64})", f"sk_live_{_MIX[:24]}", "sk_test_suite"),
    _token("nvidia-ngc", "nvapi-", r"nvapi-(?:[\w-]{32,128}|(?=[A-Za-z_]{0,31}\d)\w{10,31}(?![\w.-]))", f"nvapi-{_MIX[:64]}", "nvapi-client"),
    _token("tavily", "tvly-", r"tvly-(?:dev-|prod-)?(?=[A-Za-z]{0,64}\d)[A-Za-z0-9]{10,64}", f"tvly-dev-{_MIX[:32]}", "tvly-python", "tvly-client"),
    _token("jina", "jina_", r"jina_(?=[A-Za-z_-]{0,64}\d)[\w-]{20,100}", f"jina_{_MIX[:60]}", "jina_hub"),
    _token("fireworks", "fw_", r"fw_(?=[A-Za-z]{0,40}\d)(?=[a-z0-9]{0,40}[A-Z])[A-Za-z0-9]{20,40}", f"fw_{_MIX[:24]}", "fw_update_2024"),
    _token("chutes", "cpk_", r"cpk_[a-f0-9]{20,64}(?:\.[A-Za-z0-9]{8,64}){0,3}", f"cpk_{_HEX[:32]}.{_HEX[:32]}.{_MIX[:32]}", "cpk_sizes"),
    _token("sk-and-hex", "sk_", r"sk_[a-f0-9]{24,64}(?![A-Za-z0-9])", f"sk_{_HEX[:48]}", "sk_buff"),
    _token("pypi", "pypi-ag", r"pypi-Ag[\w-]{30,1000}", f"pypi-AgEIcHlwaS5vcmc{_MIX[:70]}", "pypi-agent-1.0"),
    _token("npm", "npm_", r"npm_[A-Za-z0-9]{36}", f"npm_{_MIX[:36]}", "npm_config_cache"),
    _token("slack", "xox", r"xox[abeoprs](?:\.xox[bp])?-[\w-]{12,255}", f"xoxb-123456789012-{_MIX[:24]}", "xoxo-hugs"),
    _token("slack-app", "xapp-", r"xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{8,128}", f"xapp-1-A0123456789-1234567890123-{_HEX[:64]}", "xapp-1"),
    _token("aws-key-id", "akia asia abia acca a3t", r"(?:A3T[A-Z0-9]|A(?:KIA|SIA|BIA|CCA))[0-9A-Z]{16}(?![0-9A-Za-z])", f"AKIA{_UPPER[:16]}", "EURASIA2024"),
    _token("aws-bedrock", "absk bedrock-api-key-", r"(?:ABSK[A-Za-z0-9+/]{100,270}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{16,2000})", f"ABSK{_MIX[:120]}", "ABSK"),
    _token("google-api-key", "aiza", r"AIza[\w-]{35}", f"AIza{_MIX[:35]}", "AIza"),
    _token("google-oauth", "ya29. gocspx- 1//0", r"(?:ya29\.[\w-]{20,1000}|GOCSPX-[\w-]{20,40}|1//0[\w-]{30,120})", f"ya29.{_MIX[:60]}", "ya29.txt"),
    _token("azure-ad", "q~", r"[\w~.]{3}\dQ~[\w~.-]{31,34}", f"abc8Q~{_MIX[:34]}", "faq~1"),
    _token("azure-devops", "azdo", r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{18}AZDO[A-Za-z0-9]{4}", f"{_MIX[:52]}JQQJ99{_MIX[:18]}AZDO{_MIX[:4]}", "AZDO"),
    _token("sendgrid", "sg.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}", f"SG.{_MIX[:22]}.{_MIX[:43]}", "libSG.so.1"),
    _token("docker", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[\w-]{20,64}", f"dckr_pat_{_MIX[:27]}", "dckr_pat_"),
    _token("vault", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{20,320}", f"hvs.{_MIX[:95]}", "hvs.conf"),
    _token("terraform", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}", f"{_MIX[:14]}.atlasv1.{_MIX[:67]}", "x.atlasv1.y"),
    _token("digitalocean", "dop_v1_ doo_v1_ dor_v1_", r"do[por]_v1_[a-f0-9]{64}", f"dop_v1_{_HEX[:64]}", "dop_v1_"),
    _token("databricks", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?", f"dapi{_HEX[:32]}", "libfoodapi.so"),
    _token("dynatrace", "dt0c01. dt0s", r"dt0[cs]\d\d\.[A-Za-z0-9]{8,24}\.[A-Za-z0-9]{64}", f"dt0c01.{_UPPER[:24]}.{_UPPER[:64]}", "dt0c01.x"),
    _token("grafana", "glc_ glsa_ eyjrijoi", r"(?:glc_[A-Za-z0-9+/]{32,400}={0,3}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|eyJrIjoi[A-Za-z0-9]{40,400}={0,3})", f"glsa_{_MIX[:32]}_{_HEX[:8]}", "glc_size"),
    _token("linear", "lin_api_ lin_oauth_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}", f"lin_api_{_MIX[:40]}", "lin_api_test"),
    _token("notion", "ntn_ secret_", r"(?:ntn_[0-9]{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})", f"ntn_12345678901{_MIX[:35]}", "secret_santa"),
    _token("postman", "pmak-", r"PMAK-[a-fA-F0-9]{24}-[a-fA-F0-9]{34}", f"PMAK-{_HEX[:24]}-{_HEX[:34]}", "pmak-1"),
    _token("pulumi", "pul-", r"pul-[a-f0-9]{40}", f"pul-{_HEX[:40]}", "pul-request"),
    _token("rubygems", "rubygems_", r"rubygems_[a-f0-9]{48}", f"rubygems_{_HEX[:48]}", "rubygems_dir"),
    _token("clojars", "clojars_", r"CLOJARS_[a-z0-9]{60}", f"CLOJARS_{_HEX[:60]}", "CLOJARS_URL"),
    _token("shopify", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", f"shpat_{_HEX[:32]}", "shpat_x"),
    _token("telegram", ":aa", r"(?:bot)?\d{8,10}:AA[\w-]{32,34}", f"123456789:AA{_MIX[:33]}", "x:aa"),
    _token("square", "sq0 eaaa", r"(?:sq0(?:atp|csp|idp)-[\w-]{22,60}|EAAA[\w-]{56,64})", f"sq0atp-{_MIX[:22]}", "sq0"),
    _token("facebook", "eaac eaam", r"EAA[MC][A-Za-z0-9]{80,400}", f"EAAC{_MIX[:120]}", "EAAC"),
    _token("sentry", "sntrys_ sntryu_", r"sntry[su]_[\w+/=.]{40,500}", f"sntryu_{_HEX[:64]}", "sntrys_x"),
    _token("sonarqube", "squ_ sqp_ sqa_", r"sq[upa]_[a-f0-9]{40}", f"squ_{_HEX[:40]}", "squ_x"),
    _token("sourcegraph", "sgp_", r"sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}", f"sgp_{_HEX[:40]}", "sgp_x"),
    _token("brevo", "xkeysib- xsmtpsib-", r"x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}", f"xkeysib-{_HEX[:64]}-{_MIX[:16]}", "xkeysib-x"),
    _token("planetscale", "pscale_", r"pscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}", f"pscale_pw_{_MIX[:43]}", "pscale_cli"),
    _token("prefect", "pnu_ pnb_", r"pn[ub]_[A-Za-z0-9]{36}", f"pnu_{_MIX[:36]}", "pnu_x"),
    _token("perplexity", "pplx-", r"pplx-[A-Za-z0-9]{40,60}", f"pplx-{_MIX[:48]}", "pplx-70b-online"),
    _token("groq", "gsk_", r"gsk_[A-Za-z0-9]{40,60}", f"gsk_{_MIX[:52]}", "gsk_cpu"),
    _token("xai", "xai-", r"xai-[A-Za-z0-9]{64,96}", f"xai-{_MIX[:80]}", "xai-grok"),
    _token("replicate", "r8_", r"r8_[A-Za-z0-9]{37}", f"r8_{_MIX[:37]}", "r8_x"),
    _token("langsmith", "lsv2_", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}", f"lsv2_pt_{_HEX[:32]}_{_HEX[:10]}", "lsv2_x"),
    _token("tailscale", "tskey-", r"tskey-[a-z]+-[A-Za-z0-9]{8,24}-[A-Za-z0-9]{16,40}", f"tskey-auth-{_MIX[:12]}-{_MIX[:32]}", "tskey-x"),
    _token("fly-io", "fo1_ fm1 fm2_", r"(?:fo1_[\w-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3})", f"fo1_{_MIX[:43]}", "fo1_x"),
    _token("doppler", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}", f"dp.pt.{_MIX[:43]}", "dp.pt.x"),
    _token("heroku", "hrku-", r"HRKU-[\w-]{36,64}", f"HRKU-AA{_MIX[:58]}", "hrku-x"),
    _token("artifactory", "akcp cmvmd", r"(?:AKCp[A-Za-z0-9]{60,80}|cmVmd[A-Za-z0-9]{59})", f"AKCp{_MIX[:69]}", "AKCp"),
    _token("new-relic", "nrak nrii- nrjs- nral", r"NR(?:AK-[A-Z0-9]{27}|II-[\w-]{32}|JS-[a-f0-9]{19}|AL-?[\w-]{32,40})", f"NRAK-{_UPPER[:27]}", "NRAK"),
    _token("mailgun", "key-", r"key-[0-9a-f]{32}(?![0-9A-Za-z])", f"key-{_HEX[:32]}", "monkey-business", f"cache-key-{_HEX[:8]}"),
    _token("mailchimp", "-us", r"[0-9a-f]{32}-us\d{1,2}(?![\w])", f"{_HEX[:32]}-us12", "en-us", "linux-us1"),
    _token("mapbox", "sk. pk.", r"[sp]k\.eyJ[\w-]{20,200}\.[\w-]{20,60}", f"sk.eyJ{_MIX[:60]}.{_MIX[:22]}", "disk.img"),
    _token("alibaba", "ltai", r"LTAI[A-Za-z0-9]{16,24}(?![0-9A-Za-z])", f"LTAI{_MIX[:20]}", "voltairenet"),
    _token("yandex", "aqvn t1.", r"(?:AQVN[\w-]{35,38}|t1\.[\w-]+={0,2}\.[\w-]{86}={0,2})", f"AQVN{_MIX[:37]}", "t1.micro"),
    _token("asana-and-maxmind", "_mmk", r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk", f"{_MIX[:6]}_{_MIX[:29]}_mmk", "x_mmk"),
    _token("adobe", "p8e-", r"p8e-[a-z0-9]{32}", f"p8e-{_HEX[:32]}", "p8e-x"),
    _token("age", "age-secret-key-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", f"AGE-SECRET-KEY-1{_UPPER[:58]}", "AGE-SECRET-KEY-1"),
    _token("1password", "a3- ops_eyj", r"(?:A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}|ops_eyJ[A-Za-z0-9+/_-]{40,}={0,3})", f"A3-{_UPPER[:6]}-{_UPPER[:11]}-{_UPPER[:5]}-{_UPPER[5:10]}-{_UPPER[:5]}", "a3-mesh"),
    _token("easypost", "ezak eztk", r"EZ[AT]K[A-Za-z0-9]{54}", f"EZAK{_MIX[:54]}", "EZAK"),
    _token("duffel", "duffel_", r"duffel_(?:test|live)_[\w=-]{43}", f"duffel_live_{_MIX[:43]}", "duffel_bag"),
    _token("flutterwave", "flwseck flwpubk", r"FLW(?:SECK|PUBK)(?:_TEST)?-[A-Za-z0-9]{12,40}(?:-X)?", f"FLWSECK_TEST-{_HEX[:32]}-X", "FLWSECK"),
    _token("frame-io", "fio-u-", r"fio-u-[\w=-]{64}", f"fio-u-{_MIX[:64]}", "fio-u-x"),
    _token("infracost", "ico-", r"ico-[A-Za-z0-9]{32}(?![\w-])", f"ico-{_MIX[:32]}", "mexico-city"),
    _token("readme", "rdme_", r"rdme_[a-z0-9]{70}", f"rdme_{(_HEX * 2)[:70]}", "rdme_x"),
    _token("typeform", "tfp_", r"tfp_[\w.=-]{40,64}", f"tfp_{_MIX[:59]}", "tfp_layers"),
    _token("shippo", "shippo_", r"shippo_(?:live|test)_[a-fA-F0-9]{40}", f"shippo_live_{_HEX[:40]}", "shippo_x"),
    _token("octopus", "api-", r"API-[A-Z0-9]{25,32}(?![0-9A-Za-z])", f"API-{_UPPER[:26]}", "API-REFERENCE-MANUAL"),
    _token("okta", "ssws", r"(?i:SSWS)\s+[\w-]{20,64}", f"SSWS 00{_MIX[:40]}", "ssws is a scheme"),
    _token("openshift", "sha256~", r"sha256~[\w-]{43}", f"sha256~{_MIX[:43]}", f"sha256:{_HEX[:64]}"),
    _token("launchdarkly", "sdk- mob- api-", r"(?:sdk|mob|api)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "sdk-0a1b2c3d-1111-2222-3333-444455556666", "GPU-0a1b2c3d-1111-2222-3333-444455556666"),
    _token("anaconda", "ab-", r"ab-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ab-123e4567-e89b-12d3-a456-426614174000", "lab-2024"),
    _token("figma-and-canva", "figd_ figu_", r"fig[du]_[\w-]{36,64}", f"figd_{_MIX[:40]}", "figd_x"),
    _token("wandb-and-comet", "local-", r"local-[0-9a-f]{40}(?![0-9a-f])", f"local-{_HEX[:40]}", "local-storage"),
    _token("confluence-and-jira", "atatt3 atctt3 atbb", r"(?:AT[AC]TT3[\w=-]{60,300}|ATBB[A-Za-z0-9]{28,36})", f"ATATT3{_MIX[:170]}", "ATATT3"),
    _token("contentful-and-cloudinary", "cfpat- cloudinary://", r"(?:CFPAT-[\w-]{43}|cloudinary://\d+:[\w-]+)", f"CFPAT-{_MIX[:43]}", "CFPAT-x"),
    _token("supabase", "sbp_ sb_secret_", r"(?:sbp_[a-f0-9]{40}|sb_secret_[\w-]{20,64})", f"sbp_{_HEX[:40]}", "sbp_x"),
    _token("vercel-and-netlify", "nfp_ nfc_ vcp_ vck_", r"(?:nf[pc]_[A-Za-z0-9]{36}|vc[pk]_[A-Za-z0-9]{24,64})", f"nfp_{_MIX[:36]}", "nfp_x"),
    _token("buildkite-and-circleci", "bkua_ ccipat_ cciprj_", r"(?:bkua_[a-f0-9]{40}|cci(?:pat|prj)_[A-Za-z0-9]{20,24}_[a-f0-9]{40})", f"bkua_{_HEX[:40]}", "bkua_x"),
    _token("cloudflare", "v1.0-", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}", f"v1.0-{_HEX[:24]}-{_HEX[:146]}", "v1.0-rc1"),
    _token("zhipu", ".", r"[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![\w.])", f"{_HEX[:32]}.{_MIX[:16]}", f"{_HEX[:32]}.tar", f"{_HEX[:32]}.so.1", gate=r"\.[a-z0-9]{16}"),
    _token("hashed-password", "$2 $5$ $6$ $y$ $argon2 $apr1$ pbkdf2", r"(?:\$(?:2[abxy]?|5|6|y|apr1|argon2(?:id|i|d))\$[\w./+=,$-]{20,200}|pbkdf2_\w+\$\d+\$[\w./+=$-]{20,200})", f"$2b$12${_MIX[:53]}", "$2", "cost $5$"),
)  # fmt: skip

_NAME = r"(?P<name>[\w.-]+)"
_SEP = r"(?:\\{0,7}[\"'`]|%22)?\]?\s{0,4}(?:=>|:=|==?|:|%3[ADad]|[：＝])\s{0,4}(?:%22)?"
_NAMED = (
    "key", "token", "secret", "pass", "pwd", "pw", "cred", "auth", "sig", "cookie", "jwt", "dsn", "sess",
    "otp", "sas", "webhook", "hmac", "kennwort", "bearer", "sid", "pat", "pin", "salt", "nonce", "connstr",
    "mnemonic", "csrf", "xsrf", "crumb",
)  # fmt: skip
_WORDS = f"(?:{'|'.join(_NAMED)})"
_BEFORE_A_VALUE = rf"{_WORDS}[\w.-]{{0,48}}[\\\"'`\]]{{0,9}}\s{{0,4}}[=:%：＝]"
_SAID = ("password", "passphrase", "passcode", "passwd", "pwd")
_PASSWORD_ELSEWHERE = (
    "密码", "密碼", "口令", "密钥", "密鑰", "令牌", "パスワード", "비밀번호", "пароль", "passwort", "contraseña",
    "mot de passe", "senha",
)  # fmt: skip

_BY_STRUCTURE = (
    SecretRule(
        "private-key", "private-key", ("-----begin",),
        r"(?P<secret>-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?s:.*?)(?:-----END[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z))",
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl"),
        ("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----"),
    ),
    SecretRule(
        "private-key-of-putty", "private-key", ("private-lines:", "private-mac:"),
        r"(?P<secret>Private-(?:Lines|MAC): (?s:.{1,8000}))", ("Private-Lines: 1\nAAAA\nPrivate-MAC: 00",), ("Private-Lines",),
    ),
    SecretRule(
        "jwt", "jwt", ("eyj",), _ALONE + r"(?P<secret>eyJ[\w-]{8,4000}\.[\w-]{8,8000}(?:\.[\w-]*){0,3})",
        (f"eyJ{_MIX[:30]}.eyJ{_MIX[:40]}.{_MIX[:43]}",), ("heyJude.mp3", "eyJ.x"),
    ),
    SecretRule(
        "jwt-in-base64", "jwt", ("zxlk",), _ALONE + r"(?P<secret>ZXlK[A-Za-z0-9+/]{40,8000}={0,2})", (f"ZXlK{_MIX[:60]}",), ("ZXlK",),
    ),
    SecretRule(
        "url-credentials", "url-credentials", ("@",),
        r"\w://(?!(?:git|hg|\$\{?\w+\}?)@)(?P<secret>[^/\s'\"<>?#`]{1,512})@",
        ("https://user:hunter2@host.example/simple", "redis://:pw@cache:6379", "https://u:p@ss@host/x", "ftp://onlyname@host"),
        ("git+https://host.example/o/r.git@v1.0", "ssh://git@host.example/o/r", "docker://host/image@sha256:" + _HEX[:64]),
    ),
    SecretRule(
        "url-credentials-with-slash", "url-credentials", ("@",),
        r"\w://(?P<secret>[^/:@\s'\"<>`]{0,128}:(?!\d{1,5}(?:/|@))[^\s'\"<>`/]{0,256}/[^\s'\"<>`]{0,256})@(?=[\w.-])",
        ("https://bob:a/Secr3tPw@host/x", "redis://:p/q/Sec@h:1"),
        ("http://proxy:8080/simple/pkg@1.0", "git+ssh://git@host.example:22/o/r@main"),
    ),
    SecretRule(
        "credentials-without-scheme", "url-credentials", ("@",),
        r"(?:(?<![^\s'\"=(,;])|(?<=//))(?!mailto:|\d+:\d+@)[\w.%+-]{0,64}:(?P<secret>(?![/\d]+@)[^\s'\"@:/<>,]{3,128})@(?!sha\d|\d+\.)[\w-]+(?:\.[\w-]+)*(?=[:/\s'\"),;]|$)",
        ("bob:ProxyPw1@proxy:3128", "http_proxy=bob:ProxyPw1@proxy", "//bob:ProxyPw1@proxy/x"),
        ("nvcr.io/nvidia/tritonserver:23.10@sha256:" + _HEX[:64], "mailto:bob@example.org", "git@host.example:o/r", "hdf5@1.10:mpich@3"),
    ),
    SecretRule(
        "credentials-with-slash-without-scheme", "url-credentials", ("@",),
        r"(?<![^\s'\"=(,;])[\w.%+-]{1,64}:(?P<secret>(?!//)[^\s'\"@/]{0,64}/[^\s'\"@]{1,128})@[\w.-]+:\d{2,5}(?!\d)",
        ("bob:a/Secr3t@proxy:3128",), ("lib:/opt/x@2:/usr", "x:/opt/y@z"),
    ),
    SecretRule(
        "credentials-of-a-socket", "url-credentials", ("@/",), r"(?<=//)[\w.%+-]{0,64}:(?P<secret>[^\s'\"@:/<>,]{3,128})@(?=/)",
        ("//bob:hunter2@/var/run/db",), ("//lib:/x@/y", "//depot/main@/x"),
    ),
    SecretRule(
        "url-credentials-with-blank", "url-credentials", ("@",),
        r"\w://[^\s/:@'\"<>]{1,64}:(?P<secret>(?!\d{1,5}[\s,;])[^\s/@'\"<>]{1,64}(?: [^\s/:@'\"<>]{1,64}){1,3})@(?=\w)",
        ("https://bob:p w@host/x",), ("http://proxy:8080 then bob@host.example", "http://h/x y@z"),
    ),
    SecretRule(
        "oracle-credentials", "url-credentials", (":thin:", "sqlplus"),
        r"(?::thin:|sqlplus\s(?:-\w\s)?)[\w$#]{1,64}/(?P<secret>[^\s@'\"]{1,128})@",
        ("jdbc:oracle:thin:scott/tiger@//db:1521/x", "sqlplus scott/tiger@db"), ("jdbc:oracle:thin:@db:1521",),
    ),
    SecretRule(
        "conda-token", "url-token", ("/t/",),
        r"(?:://[^\s'\"<>]{1,200}?|[\w-]\.[A-Za-z]{2,10}(?::\d{1,5})?)/t/(?P<secret>[^\s/'\"<>]{6,256}|[^\s/'\"<>]{1,5}(?=/))",
        ("https://conda.example.org/t/ab-123e4567/ch/linux-64", "conda.example.org/t/mytoken12/ch"),
        ("/home/t/projects-2024/lib", "/t/some-folder/x"),
    ),
    SecretRule(
        "webhook", "url-token", ("hooks.slack", "hooks.zapier", "webhook.office", ".office.com/webhook", "webhooks/", "/bot"),
        r"(?i:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/|hooks\.zapier\.com/hooks/catch/"
        r"|webhook\.office\.com/webhookb2/|outlook\.office(?:365)?\.com/webhook/|discord(?:app)?\.com/api/webhooks/|api\.telegram\.org/bot)(?P<secret>[^\s'\"<>]{8,512})",
        ("https://hooks.slack.com/services/T01234567/B01234567/a1B2c3D4e5F6", "https://discord.com/api/webhooks/123456789012345678/a1B2c3"),
        ("https://hooks.slack.com/docs", "/opt/botany/lib"),
    ),
    SecretRule(
        "xml", "assignment", ("</",),
        r"<(?P<name>[\w:.-]{2,64})(?:\s[^<>]{0,200})?>\s*(?=[^<>\s])", ("<password>hunter2x</password>",),
        ("<title>Token</title>", "<token/>", "<public_key>x</public_key>"),
    ),
    SecretRule(
        "named-value", "assignment", ("value", "val"),
        r"(?i:name|key|id|option)\\?[\"']?\s{0,8}[:=]\s{0,8}\\?[\"']?(?P<name>[\w.-]{2,64})\\?[\"']?[,;\s]{1,64}\\?[\"']?(?i:value|val)\\?[\"']?\s{0,8}[:=]\s{0,8}",
        ('{"name": "DB_PASSWORD", "value": "hunter2x"}', '<add key="Password" value="hunter2x" />', "- name: API_TOKEN\n  value: a1B2c3"),
        ('{"name": "LD_LIBRARY_PATH", "value": "/usr/lib"}',), gate=rf"{_WORDS}[\w.-]{{0,48}}[\\\"',;\s]{{1,72}}val",
    ),
    SecretRule(
        "option", "assignment", _NAMED,
        # in a shell, in /proc/PID/cmdline, in a list of Python's or JSON's, in one of YAML's
        r"(?<![\w-])--?(?P<name>[A-Za-z][\w-]*)"
        r"(?:(?:[ \t]+|\0)(?=[^\s-])|\\{0,7}[\"'],\s{0,60}(?=\\{0,7}[\"'][^\s\"'-])|[\"']?\n\s{0,60}- (?=[\"']?[^\s\"'-]))",
        ("--password hunter2", "mysql --db-pass 'my secret'", "--api-key a1B2c3", "keytool -storepass hunter2", "serve\0--token\0hunter2\0",
         "['serve.py', '--password', 'hunter2']", '["--api-key","hunter2"]', '"args": ["--token",\n      "hunter2"]',
         "args:\n  - --token\n  - hunter2\n"),
        ("--password-file /run/secret", "--public-key x", "--password is required", "--max-tokens 512", "--keyring login",
         "add_argument('--token', '-t')", "add_argument('--token', help='x')", "['--password', '--port', '1']", "- --token\n- --port"),
        gate=rf"-[\w-]{{0,48}}{_WORDS}[\w-]{{0,48}}[ \t\n\0\\\"']",
    ),
    SecretRule(
        "assignment", "assignment", _NAMED, rf"(?<![\w.-]){_NAME}{_SEP}(?=\S)",
        ("DB_PASS=Secr3tPass", "passphrase: hunter2hunter2", '"api_key": "x1"', "apiKey => abc", "password%3Dhunter2", "token==abcdef",
         "Cookie: a=b; c=d", "password：hunter2", "%7B%22password%22%3A%22hunter2%22%7D", r'\\\"password\\\": \\\"hunter2\\\"', "Authorization: Bearer abcdefghijkl", "X-Api-Key: abc", "Jenkins-Crumb: 0a1b2c", "Server=x;Password=a,b;Database=y",
         f"key={_HEX[:32]}", f"key: {_MIX[:24]}", "https://h/x?sig=a%2Fb&se=2026", "LD_SDK_KEY=sdk-12"),
        ("monkey=1", "max_tokens=4096", "tokenizer=/models/x", "PWD=/home/ana", "primary_key=id", "key=lambda x: x", "token=$TOKEN",
         "PYTHONHASHSEED=0", "TOKENIZERS_PARALLELISM=false", "author: Bob", "auth: none", "token_file=/run/x", "signature: (x)",
         "password: required", "key 'pytrtion30580-e6cba8f181b9c24e'", "passed=3", "public_key=abc", "breadcrumb: home"),
        gate=_BEFORE_A_VALUE,
    ),
    SecretRule(
        # of a variable of the environment, of AWS's file, of a header; the value is no word, path or version
        "name-and-value", "assignment", ("_key", "_token", "_secret", "_pat", "_auth", "x-"),
        r"(?<![\w.-])(?P<name>[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,8}|aws_[a-z_]{3,40}|[Xx]-[A-Za-z-]{3,40})[ \t]{1,16}(?:(?:->|→)[ \t]{0,16})?"
        r"(?=[\"']?(?!v?\d+\.\d)(?=[^\s\d]{0,64}\d)(?=[^\sA-Za-z]{0,64}[A-Za-z])[A-Za-z0-9+][\w+/=~-]{11,})",
        (f"WANDB_API_KEY {_HEX[:40]}", f"aws_secret_access_key {_MIX[:40]}", "AWS_SESSION_TOKEN -> IQoJb3JpZ2luX2Vj", "X-Auth-Token q8w7e6r5t4y3"),
        ("WANDB_API_KEY is not set", "CACHE_KEY 0f1e2d3c4b5a6978", "x-api-key header", "HF_TOKEN /run/secrets/hf1"),
    ),
    SecretRule(
        "quoted-token-in-prose", "assignment", ("token", "key"),
        r"(?i)\b(?:access|auth|api|refresh|session|bearer|secret)[ _-](?:token|key)\s{1,4}(?:is|was)\s{1,4}[\"'](?P<secret>(?=[^\s\"'\d]{0,64}\d)(?=[^\s\"'A-Za-z]{0,64}[A-Za-z])[^\s\"'/]{8,256})[\"']",
        ("access token was 'q8w7e6r5t4y3'",), ("access token was 'rejected'", "api key is 'missing'"), gate=r"(?:is|was)\s{1,4}[\"']",
    ),
    SecretRule(
        "pass-phrase", "assignment", ("pass phrase", "pass-phrase"), r"(?i)\bpass[ -]phrase[\"']?[ \t]{0,4}[=:][ \t]{0,4}[\"']?(?P<secret>(?<=[\"'])[^\"'\n]{1,128}|[^\s\"']{1,128})",
        ('pass phrase = "correct horse"', "pass phrase: hunter2"), ("bad pass phrase", "Enter PEM pass phrase:"),
    ),
    SecretRule(
        "perforce", "assignment", ("p4 ",), r"\bp4\b[^\n|;]{0,200}?\s-P\s?[\"']?(?P<secret>[^\s\"'|;-][^\s\"'|;]{0,127})",
        ("p4 -u bob -P hunter2 sync",), ("p4 -p server:1666 sync",),
    ),
    SecretRule(
        "password-in-prose", "assignment", tuple(f"{word}{blank}" for word in _SAID for blank in " \t"),
        rf"(?i)(?<![^\W_])(?:pg|db)?(?:{'|'.join(_SAID)})\s+(?:is\s+|was\s+|for\s+\S+\s+is\s+)?[\"'(]?(?P<password>[^\s\"']{{6,128}})",
        ("password hunter2secret", "the password is hunter2!", "login bob password Secr3tPw", "REDIS_PASSWORD hunter2x", "password\thunter2x"),
        ("password authentication failed", "a passphrase was expected", "password required"),
    ),
    SecretRule(
        "password-in-another-language", "assignment", _PASSWORD_ELSEWHERE,
        rf"(?i:{'|'.join(_PASSWORD_ELSEWHERE)})[\"'”]?\s{{0,4}}(?:[:：=＝]|是|为|為|ist|est|es|is)\s{{0,4}}[\"'“]?(?P<secret>[^\s\"'，。；“”]{{4,128}})",
        ("密码：hunter2x", "口令: hunter2x", '"密钥" = "hunter2x"', "登录密码是hunter2x", "Passwort ist hunter2x"),
        ("密码错误", "请输入密码", "contraseña incorrecta"),
    ),
    SecretRule(
        "connection-string", "assignment", ("pwd",), r"(?i);\s{0,4}pwd\s{0,4}=\s{0,4}(?P<secret>[^;\s\"']{1,128})",
        ("Driver={x};Server=h;UID=bob;PWD=hunter2x;",), ("PWD=/home/ana", "cd x; echo $PWD"),
    ),
    SecretRule(
        "token-in-prose", "assignment", ("token ", "tokens ", "secret ", " key ", "-key ", "credential ", "credentials "),
        r"(?i)\b(?:tokens?|secret|(?:api|access|secret|private|encryption|license)[ -]key|credentials?)\s+(?:is\s+|was\s+)?[\"'(]?(?P<token>[^\s\"'=:]{16,256})",
        ("API key a1b2c3d4e5f6a7b8", "invalid token 0123456789abcdef0123"),
        ("token authentication-is-not-supported", "unexpected token 42", "shared memory key 'pytrtion30580-e6cba8f181b9c24e-1ecc'"),
    ),
    SecretRule(
        "authorization", "authorization", ("bearer", "basic", "negotiate"),
        r"(?i)\b(?:bearer|basic|negotiate)\s+(?P<secret>(?=[A-Za-z0-9._~+/=-]{0,200}(?:\d|(?-i:[a-z][A-Z])))[A-Za-z0-9._~+/=-]{8,4096})",
        ("Bearer a1b2c3d4e5f6", "Basic dXNlcjpwYXNz"), ("basic authentication", "bearer tokens", "Basic usage"),
    ),
    SecretRule(
        "triton-restricted", "assignment", ("restricted",), r"restricted[_-](?:protocol|api)[^\s\"']{0,264}?[\w-]=(?P<secret>[^\s\"',:=]+)(?![^\s\"',:=])(?![^\s\"',]{0,300}=)",
        ("--grpc-restricted-protocol=infer:key=word", "http-restricted-api=health,admin-key=word"), ("--grpc-restricted-protocol",),
    ),
    SecretRule(
        "netrc", "assignment", ("machine ", "login "), r"\b(?:login|user)\s+[^\s,]+\s+password\s+(?P<secret>\S+)",
        ("machine h login bob password secret",), ("login failed, password wrong", "login was refused: password expired"),
    ),
    SecretRule(
        "pgpass", "assignment", (":5432:", ":*:"), r"(?<![\w.*-])[\w.*-]{1,253}:(?:\d{2,5}|\*):[\w*-]{1,64}:[\w*-]{1,64}:(?P<secret>[^\s:]{2,128})",
        ("localhost:5432:*:bob:hunter2",), ("[::]:5432: in use",),
    ),
    SecretRule(
        "command-line", "assignment", (" -u", " --user", " --proxy-user"), r"\b(?:curl|wget|https?)\b[^\n]{0,400}?\s(?:-u|-U|--user|--proxy-user)[ =]?[\"']?[^\s:\"']{0,64}:(?P<secret>[^\s\"']+)",
        ("curl -s -u bob:hunter2 https://h",), ("curl -u bob https://h",),
    ),
    SecretRule(
        "command-line-of-database", "assignment", ("sshpass", "mysql", "redis-cli", "smbclient", "docker login", "htpasswd", "ldap", "twine ", "zip ", "7z", "anaconda -t", "http -a", "https -a"),
        r"\b(?:sshpass\s+-p\s?|mysql(?:dump|admin)?\b[^\n]{0,200}?\s-p(?=\S)|redis-cli\b[^\n]{0,200}?\s-a\s+|smbclient\b[^\n]{0,200}?\s-U\s?[^\s%]+%"
        r"|docker\s+login\b[^\n]{0,200}?\s-p\s+|ldap[a-z]{2,9}\b[^\n]{0,200}?\s-w\s+|twine\b[^\n]{0,200}?\s-p\s+|\b(?:un)?zip\b[^\n]{0,200}?\s-P\s+|\b7z[ar]?\b[^\n]{0,200}?\s-p(?=\S)|anaconda\s+-t\s+|https?\s+-a\s+[^\s:]{1,64}:|htpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+)[\"']?(?P<secret>[^\s\"']+)",
        ("sshpass -p hunter2 ssh h", "mysql -u root -phunter2 db", "redis-cli -h c -a hunter2", "docker login -u bob -p hunter2 r", "ldapsearch -D cn=x -w hunter2", "twine upload -u bob -p hunter2 dist/*", "unzip -P hunter2 f.zip",
         "7z x -phunter2 f.7z", "anaconda -t hunter2 upload x", "http -a bob:hunter2 https://h"),
        ("mysql -u root -p", "docker login registry"),
    ),
    SecretRule(
        "login-of-requests", "assignment", ("auth",),
        r"(?i)\b(?:(?:http)?basic_?)?auth\s{0,4}(?:=|\()\s{0,4}\(?\s{0,4}\\?[\"'][^\"'\s]{1,64}\\?[\"']\s{0,4},\s{0,4}\\?[\"'](?P<secret>[^\"'\s]{1,128})",
        ("auth=('bob', 'hunter2')", 'HTTPBasicAuth("bob", "hunter2")'), ("auth=('none',)", "auth: a, b"),
    ),
    SecretRule(
        "literal-of-kubernetes", "assignment", ("--from-literal",), r"--from-literal[= ][\"']?[\w.-]{1,253}=(?P<secret>[^\s\"']+)",
        ("kubectl create secret generic db --from-literal=db=hunter2",), ("--from-literal is repeated",),
    ),
    SecretRule(
        "openssl-password", "assignment", ("pass:",), r"(?<![\w])pass:(?P<secret>[^\s\"']{2,128})", ("openssl rsa -passin pass:hunter2",), ("bypass:1",),
    ),
    SecretRule(
        "command-line-of-client", "assignment", ("curl", "lftp", "snmp", "net user", "sqlcmd", "isql"),
        r"(?:\bcurl\b[^\n|;]{0,400}?\s(?:-E|--cert|--proxy-cert)[ =]?[\"']?[^\s:\"']{1,200}:|\blftp\b[^\n|;]{0,200}?\s-u\s?[\"']?[^\s,\"']{1,64},"
        r"|\bsnmp\w{2,12}\b[^\n|;]{0,200}?\s-[cAX]\s?[\"']?|\bnet\s+user\s+[^\s/]{1,64}\s+(?=\S{1,128}(?:\s+/[a-z]|[ \t]*(?:\n|$)))[\"']?(?![/*])|\b(?:sqlcmd|isql)\b[^\n|;]{0,200}?\s-P\s?[\"']?)(?P<secret>[^\s\"'|;]{1,128})",
        ("curl --cert c.pem:hunter2 https://h", "curl -E c.pem:hunter2 https://h", "lftp -u ann,hunter2 h", "snmpwalk -v2c -c hunter2 h",
         "snmpget -v3 -u ann -A hunter2 h", "net user ann hunter2 /add", "sqlcmd -S h -U sa -P hunter2"),
        ("curl --cert c.pem https://h", "lftp -u ann h", "net user ann /active:no", "net user ann *", "the net user count is 5 of 7", "lftp h"),
    ),
    SecretRule(
        "openssl-key", "assignment", ("openssl",), r"\bopenssl\b[^\n|;]{0,200}?\s-k\s+[\"']?(?P<secret>[^\s\"'|;]{1,128})",
        ("openssl enc -aes-256-cbc -k hunter2 -in a", "openssl aes-256-cbc -d -in f -k 'hunter2'"),
        ("openssl s_client -keyform PEM", "openssl version; curl -k https://h"),
    ),
    SecretRule(
        "openssl-passwd", "assignment", ("openssl passwd",),
        r"\bopenssl\s+passwd\b(?:\s{1,8}-(?:salt\s{1,8}\S{1,64}|(?!salt\s)\w{1,32})(?=\s)){0,16}\s{1,8}[\"']?(?P<secret>[^\s\"'-][^\s\"']{0,127})",
        ("openssl passwd -6 -salt xy hunter2", "openssl passwd hunter2"), ("openssl passwd -6", "openssl passwd -stdin"),
    ),
    SecretRule(
        # what a program reads as a password from a pipe
        "piped-password", "assignment", ("echo", "printf"),
        r"\b(?:echo|printf)\s+(?:-\w+\s+)?(?P<secret>\"[^\"\n]{1,256}\"|'[^'\n]{1,256}'|(?!\$)[^\s|\"'$][^\s|]{0,255})\s*\|\s*"
        r"(?:sudo\b[^\n|]{0,80}?\s(?:-\w*S|--stdin)\b|su\s|(?:sudo\s+)?(?:passwd|chpasswd|kinit|cryptsetup|vncpasswd|smbpasswd)\b"
        r"|[^\n|]{1,200}?--(?:password-stdin|with-token|passphrase-fd\s+0|pinentry-mode)\b)",
        ("echo hunter2 | sudo -S apt update", "echo 'hunter2' | sudo -kS true", "printf 'hunter2\\n' | sudo -S true", "echo bob:hunter2 | chpasswd",
         "echo hunter2|su - bob", "echo hunter2 | docker login -u bob --password-stdin r", "echo hunter2 | gh auth login --with-token"),
        ("echo $PW | sudo -S true", "echo done | sudo tee /x", "echo y | apt install x", "printf x | sudo -n true"),
    ),
    SecretRule(
        "password-from-a-here-string", "assignment", ("<<<",),
        r"\b(?:sudo\b[^\n|;<]{0,80}?\s-\w*S\b|passwd|chpasswd|kinit|cryptsetup|su|docker\s+login|vncpasswd|smbpasswd)\b[^\n|;<]{0,120}<<<\s*[\"']?(?P<secret>(?!\$)[^\s\"']{1,128})",
        ("sudo -S <<< hunter2 apt update", "passwd --stdin bob <<< hunter2", "kinit bob <<<'hunter2'"),
        ("sudo -S <<< $PW true", "grep x <<< text"),
    ),
    SecretRule(
        "login-of-a-registry", "assignment", (" login ", " -n", " -p"),
        r"\b(?:(?:podman|buildah|nerdctl|oras|crane|skopeo|az|helm|oc)\b[^\n|;]{0,80}?\slogin\b[^\n|;]{0,200}?\s-p\s+"
        r"|(?:mongo(?:sh|dump)?|beeline|rdesktop)\b[^\n|;]{0,200}?\s-p\s+|(?:sqlcmd|bcp|ipmitool)\b[^\n|;]{0,200}?\s-P\s*"
        r"|ssh-keygen\b[^\n|;]{0,200}?\s-[NP]\s+|(?:vault|wandb)\s+login\s+(?=[\w.]{0,200}\d))[\"']?(?P<secret>[^\s\"'-][^\s\"']{0,127})",
        ("podman login -u bob -p hunter2 r", "helm registry login -u bob -p hunter2 r", "az login -u bob -p hunter2", "ssh-keygen -t rsa -N hunter2 -f k",
         "mongo -u bob -p hunter2 db", "sqlcmd -S h -U sa -P hunter2", "vault login s.hunter2", "wandb login hunter2"),
        ("podman login registry", "podman run -p 8000:8000 x", "ssh-keygen -t rsa -f k", "vault login -method=oidc", "wandb login again"),
    ),
    SecretRule(
        "windows-login", "assignment", ("net use", "/user:"), r"/user:\S+\s+(?P<secret>[^\s/]+)", ("net use X: /user:bob hunter2",), ("/user:bob /x",),
    ),
)  # fmt: skip

RULES = (*_BY_STRUCTURE, *_TOKENS)
#: long runs that may have been drawn by chance, where `values.random` says so
RUN = r"[A-Za-z0-9+_-]{27,}={0,2}"
#: base64 with slashes, where no path surrounds it
BASE64 = r"[A-Za-z0-9+/]{40,}={0,2}"

"""Programs that fetch addresses or send to them.

Source: `curl --help all` of curl 7.88 and curl's manual of 8.x (`--variable`, `--expand-…`), `wget --help` of 1.21,
aria2c(1), HTTPie's and xh's documentation, lynx(1), lwp-request(1), fetch(1) of FreeBSD 14.
"""

from __future__ import annotations

from conductor.programs.words import Words

PROGRAMS = {
    "curl curlie": Words(
        valued="--abstract-unix-socket --alt-svc --aws-sigv4 -E/--cert --cert-type --ciphers --connect-timeout"
        " --connect-to -C/--continue-at -b/--cookie --create-file-mode --curves -d/--data --data-ascii --data-binary"
        " --data-raw --data-urlencode --delegation --dns-interface --dns-ipv4-addr --dns-ipv6-addr --dns-servers"
        " --doh-url --engine --expand-data --expand-url --expect100-timeout -F/--form --form-string --ftp-account"
        " --ftp-alternative-to-user --ftp-method -P/--ftp-port --ftp-ssl-ccc-mode --happy-eyeballs-timeout-ms"
        " -H/--header -h/--help --hostpubmd5 --hostpubsha256 --interface --json --keepalive-time --key-type --krb"
        " --limit-rate --local-port --login-options --mail-auth --mail-from --mail-rcpt --max-filesize --max-redirs"
        " -m/--max-time --noproxy --oauth2-bearer --parallel-max --pass --pinnedpubkey --proto --proto-default"
        " --proto-redir --preproxy -x/--proxy --proxy-cert --proxy-cert-type --proxy-ciphers --proxy-header --proxy-key"
        " --proxy-key-type --proxy-pass --proxy-pinnedpubkey --proxy-service-name --proxy-tls13-ciphers"
        " --proxy-tlsauthtype --proxy-tlspassword --proxy-tlsuser -U/--proxy-user --proxy1.0 -Q/--quote -r/--range"
        " --rate -e/--referer -X/--request --request-target --resolve --retry --retry-delay --retry-max-time"
        " --sasl-authzid --service-name --socks4 --socks4a --socks5 --socks5-gssapi-service --socks5-hostname"
        " -Y/--speed-limit -y/--speed-time -t/--telnet-option --tftp-blksize -z/--time-cond --tls-max --tls13-ciphers"
        " --tlsauthtype --tlspassword --tlsuser --unix-socket --url --url-query -u/--user -A/--user-agent --variable"
        " -w/--write-out"
        " --cacert --capath -K/--config --crlfile --etag-compare --egd-file --key --netrc-file --proxy-cacert"
        " --proxy-capath --proxy-crlfile --pubkey --random-file -T/--upload-file",
        writes="-c/--cookie-jar -D/--dump-header --etag-save --hsts --libcurl --stderr --trace --trace-ascii",
        saves="-o/--output",
        into="--output-dir",
        named="-O/--remote-name --remote-name-all",
        many="-J/--remote-header-name",
        idle="-V/--version -M/--manual",
        fetches="prints",
        help="--help all",
    ),
    "wget wget2": Words(
        valued="-e/--execute --report-speed -B/--base -t/--tries --retry-on-http-error --start-pos --progress"
        " -T/--timeout --dns-timeout --connect-timeout --read-timeout -w/--wait --waitretry -Q/--quota --bind-address"
        " --limit-rate --restrict-file-names --prefer-family --user --password --use-askpass --local-encoding"
        " --remote-encoding --cut-dirs --http-user --http-password --default-page --header --compression --proxy-user"
        " --proxy-password --referer -U/--user-agent --post-data --method --body-data --secure-protocol"
        " --certificate-type --private-key-type --pinnedpubkey --ciphers --ftp-user --ftp-password --warc-header"
        " --warc-max-size -l/--level --backups -A/--accept -R/--reject --accept-regex --reject-regex --regex-type"
        " -D/--domains --exclude-domains --follow-tags --ignore-tags -I/--include-directories"
        " -X/--exclude-directories"
        " -i/--input-file --config --load-cookies --post-file --body-file --certificate --private-key"
        " --ca-certificate --ca-directory --crl-file --warc-dedup",
        writes="-o/--output-file -a/--append-output --rejected-log --save-cookies --warc-file --warc-tempdir",
        saves="-O/--output-document",
        into="-P/--directory-prefix",
        many="-r/--recursive -m/--mirror -p/--page-requisites --content-disposition --trust-server-names"
        " -i/--input-file",
        idle="--spider -h/--help -V/--version",
        fetches="saves whole",
        help="--help",
    ),
    "aria2c": Words(
        valued="-x/--max-connection-per-server -s/--split -j/--max-concurrent-downloads -k/--min-split-size --header"
        " --checksum -U/--user-agent --referer --http-user --http-passwd --timeout -m/--max-tries --retry-wait"
        " -i/--input-file --load-cookies -T/--torrent-file",
        writes="-l/--log --save-session",
        saves="-o/--out",
        into="-d/--dir",
        many="-i/--input-file",
        idle="-v/--version -h/--help -S/--show-files",
        fetches="saves",
    ),
    "http https xh xhs": Words(
        valued="-a/--auth -A/--auth-type --timeout --session --session-read-only --raw --proxy --verify --cert"
        " --cert-key --ciphers --ssl -p/--print -P/--history-print --pretty -s/--style --max-redirects --boundary",
        saves="-o/--output",
        many="-d/--download",
        idle="--help --version --offline",
        fetches="prints",
    ),
    "lynx": Words(valued="-cfg -cookie_file -useragent -width", clusters=False, fetches="prints"),
    "lwp-request GET": Words(valued="-m -b -t -i -c -C -p -o -H", fetches="prints"),
    # FreeBSD's.
    "fetch": Words(valued="-B -S -T -N -i -w --user-agent --timeout", saves="-o", fetches="saves"),
}

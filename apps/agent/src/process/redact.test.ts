import { describe, expect, it } from 'vitest'
import { printArgs } from './redact.ts'

const redacted = (line: string) => printArgs(line.split(' '), 'redacted')

describe('arguments', () => {
  it.each([
    ['mysql --password hunter2 -h db', 'mysql --password [REDACTED] -h db'],
    ['app --db-password=hunter2 --port=80', 'app --db-password=[REDACTED] --port=80'],
    ['app --token abc --verbose', 'app --token [REDACTED] --verbose'],
    ['app --api-key=abc --apiKey abc', 'app --api-key=[REDACTED] --apiKey [REDACTED]'],
    ['env AWS_SECRET_ACCESS_KEY=abc PATH=/bin run', 'env AWS_SECRET_ACCESS_KEY=[REDACTED] PATH=/bin run'],
    ['java -Dapi.token=abc -jar x.jar', 'java -Dapi.token=[REDACTED] -jar x.jar'],
    ['curl -u me:pw https://x.test/', 'curl -u [REDACTED] https://x.test/'],
    ['curl -ume:pw https://x.test/', 'curl -u[REDACTED] https://x.test/'],
    ['psql postgres://me:pw@db:5432/x', 'psql postgres://[REDACTED]@db:5432/x'],
    ['git clone https://tok3n@git.test/x.git', 'git clone https://[REDACTED]@git.test/x.git'],
    ['curl https://x.test/?access_token=abc&page=2', 'curl https://x.test/?access_token=[REDACTED]&page=2'],
    ['mysql -phunter2 -P 3306', 'mysql -p[REDACTED] -P 3306'],
    ['redis-cli -a hunter2 ping', 'redis-cli -a [REDACTED] ping'],
    ['/usr/bin/curl -s --oauth2-bearer abc x', '/usr/bin/curl -s --oauth2-bearer [REDACTED] x'],
  ])('hides the secret of %s', (line, shown) => {
    expect(redacted(line)).toBe(shown)
  })

  it('hides what a header carries', () => {
    expect(printArgs(['curl', '-H', 'Authorization: Bearer abc', 'x'], 'redacted')).toBe(
      'curl -H Authorization: [REDACTED] x',
    )
    expect(printArgs(['curl', '-H', 'X-Api-Key: abc', 'x'], 'redacted')).toBe('curl -H X-Api-Key: [REDACTED] x')
  })

  it.each([
    'curl -s http://10.77.0.2:8080/path?page=2',
    'nginx -g daemon off;',
    'node server.js --port 8080 --keyboard us --monkey',
    'ssh -i id host',
    'app --author me --keep-alive --tokenizer fast',
    'grep -p x',
  ])('leaves %s as it is', (line) => {
    expect(redacted(line)).toBe(line)
  })

  // Each holds SECRET where a secret stands.
  it.each([
    ['curl', '--user', 'me:SECRET', 'x'],
    ['curl', '--user=me:SECRET', 'x'],
    ['curl', '-sSu', 'me:SECRET', 'x'],
    ['curl', '-b', 'sid=SECRET', 'x'],
    ['curl', '--header=Authorization: Bearer SECRET'],
    ['curl', '-HAuthorization: Bearer SECRET'],
    ['curl', '-H', 'X-Auth: SECRET'],
    ['wget', '--header', 'Cookie: a=SECRET; b=SECRET'],
    ['curl', '-d', '{"a":1, "password" : "SECRET SECRET"}'],
    ['curl', '--data=password=SECRET'],
    ['sh', '-c', 'mysql -pSECRET db'],
    ['sh', '-c', `bash -c "mysql -p'SECRET SECRET' db"`],
    ['bash', '-c', "curl -H 'Authorization: Bearer SECRET' x"],
    ['sh', '-c', 'DB_PASSWORD="SECRET SECRET" run'],
    ['env', 'PGPASSWORD=SECRET SECRET', 'psql'],
    ['sudo', 'mysql', '-pSECRET'],
    ['timeout', '5', 'curl', '-u', 'me:SECRET'],
    ['openssl', 'rsa', '-passin', 'pass:SECRET'],
    ['docker', 'login', '-u', 'me', '-p', 'SECRET'],
    ['mongosh', '-pSECRET'],
    ['helm', 'upgrade', '--set', 'a=1,db.password=SECRET'],
    ['docker', 'run', '--env=API_TOKEN=SECRET'],
    ['kubectl', 'create', 'secret', 'generic', 's', '--from-literal=a=SECRET'],
    ['app', '--authtoken', 'SECRET', 'DBPASS=SECRET', '--secretkey=SECRET'],
    ['psql', 'host=h password=SECRET user=me'],
    ['app', 'amqp://me:SEC@RET-SECRET@host/'],
    ['app', '--dsn=me:SECRET@tcp(db:3306)/x'],
    ['etcdctl', '--user', 'root:SECRET'],
    ['smbclient', '-U', 'me%SECRET'],
  ])('shows no secret of %s %s %s', (...args) => {
    expect(args.join(' ')).toContain('SECRET')
    expect(printArgs(args, 'redacted')).not.toMatch(/SECRET|RET@/)
  })

  it.each([
    'docker run --user 1000:1000 -p 80:80 img@sha256:0123',
    'app --max-tokens 5 --bypass yes --upstream auth:8080',
    'sh -c sleep 5; curl -s http://x/ -o /dev/null',
    'redis-server *:6379',
    'sshpass -e ssh -p 22 host',
  ])('leaves %s as it is, too', (line) => {
    expect(redacted(line)).toBe(line)
  })

  it.each(['a=', '"', "'", 'a:', '"a":', '://a@', 'a ', '\\', '-p', 'token'])(
    'is not held up by a hostile argument of many %s',
    (piece) => {
      for (const args of [[piece.repeat(20_000)], ['sh', '-c', piece.repeat(20_000)]]) {
        expect(printArgs(args, 'redacted')!.length).toBeLessThan(50_000)
      }
    },
  )

  it('does not take the next flag for a secret', () => {
    expect(redacted('app --token --verbose x')).toBe('app --token --verbose x')
  })

  it('knows its other modes', () => {
    const args = ['/bin/app', '--token', 'abc']
    expect(printArgs(args, 'off')).toBeUndefined()
    expect(printArgs(args, 'names')).toBe('/bin/app')
    expect(printArgs(args, 'full')).toBe('/bin/app --token abc')
    expect(printArgs([], 'full')).toBeUndefined()
  })
})

/** `.github/workflows/deploy.yml`. Each action by its commit, with the release that it is. */
export const workflowFile = (): string => `\
# Deploys the worker: on each push to the default branch, and by hand.
#
# Cloudflare gives GitHub Actions no way to deploy without a key (as of November 2026). Two values are needed:
#   CLOUDFLARE_API_TOKEN    secret: an account API token of the template "Edit Cloudflare Workers", for this one account and no more
#   CLOUDFLARE_ACCOUNT_ID   variable: the account's id
# Put both into an environment of this repository that is called "cloudflare" (Settings > Environments), and let only the default branch
# deploy to it. Whoever has that token can replace the worker, and with it read the API's key.
#
# Without a key in GitHub: connect this repository to the worker in Cloudflare's dashboard (Workers > your worker > Settings > Builds),
# which then deploys each push by itself. Delete this file then.
name: deploy
on:
  push:
    branches: ["**"]
  workflow_dispatch:

permissions: {}

jobs:
  deploy:
    if: github.ref == format('refs/heads/{0}', github.event.repository.default_branch)
    # One after the other. Here, not above: there a push to any other branch would end the deployment that waits.
    concurrency:
      group: deploy
    runs-on: ubuntu-latest
    timeout-minutes: 10
    environment: cloudflare
    permissions:
      contents: read
    steps:
      # It fails, as who takes a repository out of ALLOWED_REPOS must not believe that this is deployed.
      - name: the two values are set
        env:
          TOKEN_IS_SET: \${{ secrets.CLOUDFLARE_API_TOKEN != '' && vars.CLOUDFLARE_ACCOUNT_ID != '' }}
        run: |
          if [ "$TOKEN_IS_SET" != true ]; then
            echo "::error::Not deployed: the environment cloudflare needs CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, see deploy.yml"
            exit 1
          fi
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0
        with:
          node-version: 24
      - run: npm ci --ignore-scripts
      - run: npx wrangler deploy
        env:
          CLOUDFLARE_API_TOKEN: \${{ secrets.CLOUDFLARE_API_TOKEN }}
          CLOUDFLARE_ACCOUNT_ID: \${{ vars.CLOUDFLARE_ACCOUNT_ID }}
`;

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0018_external_learning'),
    ]

    operations = [
        migrations.AddField(
            model_name='coursepage',
            name='refresh_window_days',
            field=models.PositiveSmallIntegerField(default=60, help_text='From then on people can begin the refresher. Who is early loses no day: the new validity begins when the old one ends.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='refresher possible so many days before the end'),
        ),
        migrations.AddField(
            model_name='coursepage',
            name='refresher_content',
            field=models.CharField(choices=[('changes', "Only what has changed substantively since the person's last proof"), ('whole', 'The whole course')], default='changes', help_text='If nothing has changed substantively, people take the final test again; a course without a test is learnt again as a whole.', max_length=20, verbose_name='what a refresher contains'),
        ),
        migrations.AddField(
            model_name='coursepage',
            name='reminder_days',
            field=models.CharField(blank=True, default='60, 30, 7', help_text='Days before the deadline or before the end of the validity, with commas between them: 60, 30, 7. Empty: nobody is reminded.', max_length=60, verbose_name='reminders so many days before the end'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='scope',
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name='contents of the refresher'),
        ),
        migrations.AlterField(
            model_name='coursepage',
            name='refresh_months',
            field=models.PositiveSmallIntegerField(blank=True, help_text='After this time a refresher is due. Empty: valid without an end.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(120)], verbose_name='validity in months'),
        ),
    ]
